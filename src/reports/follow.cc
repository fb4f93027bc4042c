#include "reports/follow.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "reports/expiry.h"
#include "reports/inputs.h"

namespace delever::reports {
// Feeds the gauges and counts, by stream and reason, what could not be decoded.
class FollowedTape::Sink final : public feeds::ReplaySink {
 public:
  Sink(gauges::Gauges& gauges, EventSink* beside) : gauges_(gauges), beside_(beside) {}
  void on_event(const Event& event) override {
    gauges_.on_event(event);
    if (beside_) beside_->on_event(event);
  }
  void on_undecoded(const Source& stream, const codec::RawMessage&, const Error& why) override {
    ++undecoded[stream.name][why.text()];
  }
  std::map<std::string, std::map<std::string, uint64_t>> undecoded;

 private:
  gauges::Gauges& gauges_;
  EventSink* const beside_;
};

FollowedTape::FollowedTape(Options options, gauges::Rules rules)
    : options_(std::move(options)), rules_(std::move(rules)) {}
FollowedTape::~FollowedTape() = default;

Result<std::unique_ptr<FollowedTape>> FollowedTape::open(const Options& options) {
  const std::string text = TRY(read_file(find_shipped(options.rules)));
  gauges::Rules rules = TRY(gauges::Rules::load(text, options.rules));
  std::unique_ptr<FollowedTape> out(new FollowedTape(options, std::move(rules)));
  out->replay_ = TRY(feeds::Replay::open(options.tapes, {.follow = true}));
  out->gauges_ = std::make_unique<gauges::Gauges>(
      upper(options.asset), out->rules_, out->replay_->instruments(), out->replay_->sources());
  EventSink* const beside =
      options.beside ? options.beside(out->replay_->instruments(), out->replay_->sources())
                     : nullptr;
  out->sink_ = std::make_unique<Sink>(*out->gauges_, beside);
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
  const Instant known = gauges_->known_until();
  return known == Instant::min() ? std::nullopt : std::optional(known);
}

std::vector<gauges::Reading> FollowedTape::readings() const {
  return gauges_->readings(gauges_->known_until());
}

Result<Brief> FollowedTape::brief() const {
  const auto now = at();
  if (!now)
    return Error{Fault::no_evidence, "holds no message yet",
                 options_.tapes.empty() ? "" : options_.tapes.front()};
  std::vector<gauges::Reading> all = readings();
  std::erase_if(all, [&](const gauges::Reading& r) { return r.asset != gauges_->asset(); });
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return reading_rank(a.name) < reading_rank(b.name);
  });
  Brief brief;
  brief.title = "Leverage brief, " + gauges_->asset();
  brief.asset = gauges_->asset();
  brief.as_of = *now;
  brief.rules = options_.rules;
  brief.claim_rules = options_.claim_rules;
  brief.readings = std::move(all);
  brief.history = gauges_->history(*now);
  brief.remarks = gauges_->remarks(*now);
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
  ChainReport report{.asset = gauges_->asset(),
                     .rules = options_.rules,
                     .at = *now,
                     .current_for = rules_.options.board_stale_after,
                     .boards = gauges_->history(*now).boards,
                     .rows = {},
                     .note = gauges_->remarks(*now)};
  std::optional<Instant> only;
  if (!expiry.empty()) only = TRY(of_option(read_expiry(expiry), "--expiry"));
  report.rows = chain_rows(report.boards, only);
  if (report.rows.empty())
    return Error{Fault::no_evidence, "no options of " + gauges_->asset() + " are known", "chain"};
  return report;
}

bool same_readings(const std::vector<gauges::Reading>& a, const std::vector<gauges::Reading>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const gauges::Reading& x, const gauges::Reading& y) {
                      return x.name == y.name && x.venue == y.venue && x.expiry == y.expiry &&
                             x.value == y.value && x.low == y.low && x.high == y.high &&
                             x.state == y.state;
                    });
}

}  // namespace delever::reports
