#include "reports/follow.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/file.h"
#include "reports/expiry.h"
#include "reports/inputs.h"

namespace delever::reports {
// Passes events on, and counts, by stream and reason, what could not be decoded.
class FollowedTape::Sink final : public feeds::ReplaySink {
 public:
  explicit Sink(std::vector<EventSink*> next) : next_(std::move(next)) {}
  void on_event(const Event& event) override {
    for (EventSink* one : next_) one->on_event(event);
  }
  void on_undecoded(const Source& stream, const codec::RawMessage&, const Error& why) override {
    ++undecoded[stream.name][why.text()];
  }
  std::map<std::string, std::map<std::string, uint64_t>> undecoded;

 private:
  const std::vector<EventSink*> next_;
};

FollowedTape::FollowedTape(Options options) : options_(std::move(options)) {}
FollowedTape::~FollowedTape() = default;

Result<std::unique_ptr<FollowedTape>> FollowedTape::open(const Options& options) {
  BriefInputs inputs;
  inputs.asset = coin_named(options.asset);
  inputs.title = "Leverage brief, " + inputs.asset;
  inputs.at = Instant::max();
  inputs.rules_path = options.rules;
  inputs.claim_rules_path = options.claim_rules;
  if (!options.verdict) inputs.verdict_rules_path.clear();
  if (!options.claims.empty()) {
    const std::string text = TRY(read_file(options.claims));
    inputs.claims = TRY(gauges::read_claims(text, options.claims));
  }
  std::unique_ptr<FollowedTape> out(new FollowedTape(options));
  out->replay_ = TRY(feeds::Replay::open(options.tapes, {.follow = true}));
  const Instruments& instruments = out->replay_->instruments();
  const std::vector<Source>& sources = out->replay_->sources();
  out->builder_ = TRY(BriefBuilder::make(std::move(inputs), instruments, sources));
  out->coverage_ = std::make_unique<CoverageCounter>(sources);
  std::vector<EventSink*> hear{out->builder_.get(), out->coverage_.get()};
  if (options.beside) hear.push_back(options.beside(instruments, sources));
  out->sink_ = std::make_unique<Sink>(std::move(hear));
  return out;
}

Result<bool> FollowedTape::advance(uint64_t most) {
  const uint64_t end = replay_->messages() + most;
  while (replay_->messages() < end) {
    if (!TRY(replay_->step(*sink_))) return false;
  }
  return true;
}

std::optional<Instant> FollowedTape::at() const {
  const Instant known = builder_->gauges().known_until();
  return known == Instant::min() ? std::nullopt : std::optional(known);
}

std::vector<gauges::Reading> FollowedTape::readings() const {
  return builder_->gauges().readings(builder_->gauges().known_until());
}

Result<Brief> FollowedTape::brief() {
  const auto now = at();
  if (!now)
    return Error{Fault::no_evidence, "holds no message yet",
                 options_.tapes.empty() ? "" : options_.tapes.front()};
  Brief brief = builder_->brief(*now);
  if (says_little(brief)) brief.coverage = coverage_->coverage();
  for (SourceId id = 0; id < replay_->sources().size(); ++id) {
    const codec::DecodeCounts& counts = replay_->counts(id);
    SourceUse use{replay_->sources()[id].name, counts.messages, counts.events, 0, {}};
    if (const auto found = sink_->undecoded.find(use.name); found != sink_->undecoded.end()) {
      use.undecoded_reasons = found->second;
      for (const auto& [reason, count] : found->second) use.undecoded += count;
    }
    brief.sources.push_back(std::move(use));
  }
  return brief;
}

Result<ChainReport> FollowedTape::chain(const std::string& expiry) const {
  const auto now = at();
  if (!now) return Error{Fault::no_evidence, "no message is on the tape yet", "chain"};
  const gauges::Gauges& gauges = builder_->gauges();
  ChainReport report{.asset = gauges.asset(),
                     .rules = options_.rules,
                     .at = *now,
                     .current_for = builder_->rules().options.board_stale_after,
                     .boards = gauges.history(*now).boards,
                     .rows = {},
                     .note = gauges.remarks(*now)};
  std::optional<Instant> only;
  if (!expiry.empty()) only = TRY(of_option(read_expiry(expiry), "--expiry"));
  report.rows = chain_rows(report.boards, only);
  if (report.rows.empty())
    return Error{Fault::no_evidence, "no options of " + gauges.asset() + " are known", "chain"};
  return report;
}

bool same_reading(const gauges::Reading& a, const gauges::Reading& b) {
  return a.name == b.name && a.venue == b.venue && a.expiry == b.expiry && a.value == b.value &&
         a.low == b.low && a.high == b.high && a.state == b.state;
}

bool same_answers(const Brief& a, const Brief& b) {
  const auto same_claim = [](const gauges::ClaimCheck& x, const gauges::ClaimCheck& y) {
    return x.state == y.state && x.measured == y.measured && x.holds_under == y.holds_under;
  };
  const auto same_verdict = [](const DayVerdict& x, const DayVerdict& y) {
    return x.judged.day.day == y.judged.day.day && x.judged.answer == y.judged.answer &&
           x.judged.probability == y.judged.probability && x.judged.refusal == y.judged.refusal &&
           x.event == y.event;
  };
  return std::equal(a.readings.begin(), a.readings.end(), b.readings.begin(), b.readings.end(),
                    same_reading) &&
         a.verdict.has_value() == b.verdict.has_value() &&
         (!a.verdict || same_verdict(*a.verdict, *b.verdict)) &&
         std::equal(a.claims.begin(), a.claims.end(), b.claims.begin(), b.claims.end(), same_claim);
}

}  // namespace delever::reports
