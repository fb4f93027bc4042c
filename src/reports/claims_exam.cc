#include "reports/claims_exam.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "gauges/claim_words.h"
#include "gauges/gauges.h"
#include "gauges/knowledge.h"
#include "reports/feed.h"
#include "reports/inputs.h"
#include "reports/memory_feed.h"

namespace delever::reports {
namespace {

constexpr size_t kAssets = 3, kDays = 6, kHours = 4;
constexpr int kPrints = 6;  // of one figure, in other words and digits

// Which coins the tape speaks of, and since when.
class Tally final : public EventSink {
 public:
  Tally(const gauges::Rules& rules, const Instruments& instruments)
      : rules_(rules), instruments_(instruments) {}
  void on_event(const Event& event) override {
    if (event.instrument == kNoInstrument) return;
    first = std::min(first, event.received);
    // What figures are made of; trades and books are many and say nothing more.
    const bool counts = std::holds_alternative<OpenInterest>(event.payload) ||
                        std::holds_alternative<Liquidation>(event.payload) ||
                        std::holds_alternative<LiquidationTotal>(event.payload) ||
                        std::holds_alternative<FundingRate>(event.payload) ||
                        std::holds_alternative<Candle>(event.payload);
    if (counts) ++by_instrument_[event.instrument];
  }
  std::vector<std::string> assets() const {
    std::map<std::string, uint64_t> sums;
    for (const auto& [id, count] : by_instrument_) {
      const Terms terms = terms_of(instruments_[id], rules_.coins, false);
      if (!terms.builder_market && !terms.asset.empty()) sums[terms.asset] += count;
    }
    std::vector<std::pair<std::string, uint64_t>> all(sums.begin(), sums.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::string> out;
    for (const auto& [asset, count] : all) {
      if (out.size() < kAssets) out.push_back(asset);
    }
    return out;
  }
  Instant first = Instant::max();

 private:
  const gauges::Rules& rules_;
  const Instruments& instruments_;
  std::map<InstrumentId, uint64_t> by_instrument_;
};

// Takes the readings and the open contracts of every coin at each of the times.
class MomentRecorder final : public EventSink {
 public:
  MomentRecorder(const std::vector<std::string>& assets, const gauges::Rules& rules,
                 const EventFeed& feed, std::vector<Instant> times)
      : held_(rules, feed.instruments()), times_(std::move(times)) {
    for (const std::string& asset : assets)
      gauges_.push_back(
          std::make_unique<gauges::Gauges>(asset, rules, feed.instruments(), feed.sources()));
  }
  void on_event(const Event& event) override {
    while (next_ < times_.size() && event.received > times_[next_]) record();
    for (auto& gauges : gauges_) gauges->on_event(event);
    if (event.instrument != kNoInstrument) held_.on_event(event);
  }
  ExamMoments finish() {
    while (next_ < times_.size()) record();
    return std::move(moments_);
  }

 private:
  void record() {
    const Instant at = times_[next_++];
    for (const auto& gauges : gauges_) {
      ExamMoment moment;
      moment.readings = gauges->readings(at);
      std::optional<double> price;
      for (const gauges::Reading& r : moment.readings) {
        if (r.name == "price_usd" && !r.venue) price = r.value;
      }
      moment.held = held_.of(gauges->asset(), at, price);
      moments_[gauges->asset()].emplace(at, std::move(moment));
    }
  }
  std::vector<std::unique_ptr<gauges::Gauges>> gauges_;
  ContractsHeld held_;
  std::vector<Instant> times_;
  size_t next_ = 0;
  ExamMoments moments_;
};

// Fisher and Yates, by our own draws, so that every machine draws the same.
template <class T>
void shuffle(std::vector<T>& list, Random& random) {
  for (size_t n = list.size(); n > 1; --n) std::swap(list[n - 1], list[random.below(n)]);
}

// A window is printed to the second.
Instant floor_second(Instant t) {
  constexpr int64_t kSecond = 1'000'000'000;
  return Instant::ns(t.ns() / kSecond * kSecond);
}

// Days that ended on the tape, and hours between its first and last message.
std::vector<ExamTime> draw_times(Instant first, Instant at, Random& random) {
  std::vector<ExamTime> days;
  for (Instant end = first.start_of_day() + Duration::days(1); end <= at;
       end = end + Duration::days(1))
    days.push_back({end, true});
  shuffle(days, random);
  if (days.size() > kDays) days.resize(kDays);
  const Instant last = std::max(floor_second(at), first);
  std::set<Instant> hours{last};
  const auto span = static_cast<uint64_t>((at - first).in_seconds());
  for (size_t n = 1; n < kHours && span > 4; ++n) {
    const auto back = static_cast<int64_t>(random.below(span * 3 / 4));
    hours.insert(last - Duration::seconds(back));
  }
  std::vector<ExamTime> out = std::move(days);
  for (const Instant hour : hours) out.push_back({hour, false});
  return out;
}

// A mistake that changes less than twice what the check lets pass cannot be told from the truth.
bool beyond_band(const ExamFigure& figure, const gauges::Claim& claim,
                 const gauges::ClaimRules& rules) {
  const gauges::Metric* metric = rules.find(claim);
  if (metric == nullptr) return true;  // then the check has failed already, and is to be shown
  const double slack =
      metric->absolute + metric->relative * std::fabs(figure.printed) + gauges::half_digit(claim);
  return std::fabs(figure.printed - figure.truth) > 2 * slack;
}

// Draws figures in turn from each group, so that a frequent one does not crowd out the rest.
class Draw {
 public:
  Draw(std::vector<ExamFigure> figures, const gauges::ClaimRules& rules, char sort, Random& random)
      : rules_(rules), sort_(sort), random_(random) {
    for (ExamFigure& f : figures) {
      const std::string group = f.mistake.empty() ? f.quantity : f.mistake;
      groups_[group].push_back({std::move(f), 0});
    }
    for (auto& [group, members] : groups_) shuffle(members, random_);
  }

  std::vector<ExamQuestion> take(size_t count) {
    std::vector<ExamQuestion> out;
    std::set<std::string> texts;
    for (bool more = true; more && out.size() < count;) {
      more = false;
      for (auto& [group, members] : groups_) {
        if (out.size() == count) break;
        more = take_one(members, texts, out) || more;
      }
    }
    return out;
  }
  // That would be changed, without those that the band hides.
  size_t figures(const std::string& group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? 0 : found->second.size() - dropped_of(group);
  }
  size_t within_band() const { return within_band_; }

 private:
  struct Member {
    ExamFigure figure;
    int printed = 0;
  };
  size_t dropped_of(const std::string& group) const {
    size_t count = 0;
    for (const Member& m : groups_.at(group)) count += m.printed < 0;
    return count;
  }
  bool take_one(std::vector<Member>& members, std::set<std::string>& texts,
                std::vector<ExamQuestion>& out) {
    // The one that was printed least often, the first of them.
    for (int round = 0; round < kPrints; ++round) {
      for (Member& member : members) {
        if (member.printed != round) continue;
        ExamQuestion question{.figure = member.figure, .check = {}};
        gauges::Claim claim =
            print_figure(member.figure, fmt::format("{}{:02}", sort_, out.size() + 1), random_);
        if (!member.figure.mistake.empty() && !beyond_band(member.figure, claim, rules_)) {
          within_band_ += round == 0;
          member.printed = -1;
          continue;
        }
        ++member.printed;
        if (!texts
                 .insert(fmt::format("{}|{}|{}|{}|{}", claim.metric, claim.asset, claim.value_text,
                                     claim.unit, claim.window))
                 .second)
          continue;
        question.check.claim = std::move(claim);
        out.push_back(std::move(question));
        return true;
      }
    }
    return false;
  }

  const gauges::ClaimRules& rules_;
  const char sort_;
  Random& random_;
  std::map<std::string, std::vector<Member>> groups_;
  size_t within_band_ = 0;
};

// A tie counts as named: two mistakes that print the same figure cannot be told apart.
void judge(ClaimsExam& exam) {
  for (ExamQuestion& q : exam.wrong) {
    const std::string& mistake = q.figure.mistake;
    const std::vector<std::string>& also = q.check.also_mistakes;
    const bool first = q.check.mistake == mistake;
    q.tied = !first && std::find(also.begin(), also.end(), mistake) != also.end();
    q.good = first || q.tied;
    exam.named += q.good;
    exam.tied += q.tied;
    for (ExamKind& kind : exam.kinds) {
      if (kind.mistake.id != mistake) continue;
      ++kind.drawn;
      kind.named += q.good;
      kind.tied += q.tied;
    }
  }
  for (ExamQuestion& q : exam.right) {
    using gauges::State;
    q.good = q.check.state == State::single_source || q.check.state == State::corroborated;
    exam.held += q.good;
    exam.pending += q.check.state == State::pending;
    exam.alarms += q.check.state == State::conflicting;
  }
}

// The claims as a file would bring them, through the check of a brief, which a memory of the tapes
// may answer.
Result<std::vector<gauges::ClaimCheck>> check_all(const ClaimsExam& exam,
                                                  const std::vector<ExamQuestion>& questions,
                                                  const ClaimsExamOptions& options,
                                                  const gauges::Rules& rules, Context& context) {
  BriefInputs inputs;
  inputs.asset = exam.assets.at(0);
  inputs.at = exam.at;
  inputs.rules_path = options.rules;
  inputs.claim_rules_path = options.claim_rules;
  for (const ExamQuestion& q : questions) inputs.claims.push_back(q.check.claim);
  const auto feed = TRY(open_for_gauges(
      {options.tapes, exam.at, rules, gauges::claim_times(inputs.claims, exam.at)}, context));
  return std::move(TRY(make_brief(inputs, *feed)).claims);
}

}  // namespace

bool ClaimsExam::passed() const { return alarms == 0 && named * 10 >= wrong.size() * 9; }

Result<ClaimsExam> claims_exam(const ClaimsExamOptions& options, Context& context) {
  if (options.claims < 1 || options.claims > 10'000)
    return Error{Fault::usage, "want 1 to 10000", "--claims"};
  ClaimsExam exam;
  exam.seed = options.seed;
  exam.rules = options.rules;
  exam.claim_rules = options.claim_rules;
  exam.at = TRY(time_or_last(options.at, "--at", options.tapes, context));
  const std::string rules_text = TRY(read_file(find_shipped(options.rules)));
  const gauges::Rules rules = TRY(gauges::Rules::load(rules_text, options.rules));
  const Config definitions = TRY(Config::load(find_shipped(options.claim_rules)));
  const gauges::ClaimRules claim_rules =
      TRY(gauges::ClaimRules::load(definitions, options.claim_rules));

  auto feed = TRY(open_tapes(options.tapes, exam.at));
  Tally tally(rules, feed->instruments());
  TRY(feed->run(tally));
  exam.assets =
      options.asset.empty() ? tally.assets() : std::vector<std::string>{coin_named(options.asset)};
  exam.first = tally.first;
  if (exam.assets.empty())
    return Error{Fault::no_evidence, "speaks of no contract, so there is no figure to print",
                 options.tapes.at(0)};

  Random random(options.seed, {.stream = 1});
  const std::vector<ExamTime> times = draw_times(exam.first, exam.at, random);
  feed = TRY(open_tapes(options.tapes, exam.at));
  MomentRecorder recorder(exam.assets, rules, *feed, exam_times(times, exam.at));
  TRY(feed->run(recorder));
  const ExamMoments moments = recorder.finish();
  Draw wrong(wrong_figures(moments, times), claim_rules, 'W', random);
  Draw right(true_figures(moments, times), claim_rules, 'T', random);
  exam.wrong = wrong.take(static_cast<size_t>(options.claims));
  exam.right = right.take(static_cast<size_t>(options.claims));
  if (exam.wrong.empty() || exam.right.empty())
    return Error{Fault::no_evidence,
                 fmt::format("gives no figure of {} that a known mistake would change",
                             fmt::join(exam.assets, ", ")),
                 options.tapes.at(0)};
  for (const gauges::Mistake& mistake : gauges::known_mistakes())
    exam.kinds.push_back({mistake, wrong.figures(std::string(mistake.id))});
  exam.within_band = wrong.within_band();
  for (auto* questions : {&exam.wrong, &exam.right}) {
    auto checks = TRY(check_all(exam, *questions, options, rules, context));
    for (size_t n = 0; n < checks.size(); ++n) (*questions)[n].check = std::move(checks[n]);
  }
  judge(exam);
  return exam;
}

}  // namespace delever::reports
