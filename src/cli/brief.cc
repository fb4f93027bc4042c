#include "cli/brief.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "cli/cli.h"
#include "gauges/gauges.h"

namespace delever::cli {
namespace {

// Lets events through to the gauges and, between them, writes down what was known at the times
// asked for.
class Knower final : public EventSink {
 public:
  Knower(std::vector<std::unique_ptr<gauges::Gauges>>& gauges, std::vector<Instant> times)
      : gauges_(gauges), times_(std::move(times)) {}

  void on_event(const Event& event) override {
    while (next_ < times_.size() && event.received > times_[next_]) take();
    for (auto& gauges : gauges_) gauges->on_event(event);
  }
  std::vector<gauges::Knowledge> finish() {
    while (next_ < times_.size()) take();
    return std::move(known_);
  }

 private:
  void take();
  std::vector<std::unique_ptr<gauges::Gauges>>& gauges_;  // one for each asset
  std::vector<Instant> times_;
  size_t next_ = 0;
  std::vector<gauges::Knowledge> known_;
};

struct Extremes {
  double low = 0, high = 0;
  Instant from, to;
  size_t days = 0;
  void add(Instant day, double value) {
    low = days == 0 ? value : std::min(low, value);
    high = days == 0 ? value : std::max(high, value);
    from = days == 0 ? day : std::min(from, day);
    to = days == 0 ? day : std::max(to, day);
    ++days;
  }
};

std::vector<gauges::GaugeRange> ranges_of(const std::vector<gauges::LiquidationDay>& days,
                                          const std::string& asset) {
  std::map<std::string, Extremes> found;
  for (const gauges::LiquidationDay& d : days) {
    if (!d.valid) continue;
    const std::pair<const char*, std::optional<double>> values[] = {
        {"liq_long_share", d.long_share},
        {"liq_dominance_osc", d.oscillator},
        {"liq_long_share_ma30", d.long_share_ma},
        {"liq_dominance_osc_ma30", d.oscillator_ma},
        {"liq_dominance_osc_ma30_weighted", d.oscillator_ma_weighted}};
    for (const auto& [name, value] : values) {
      if (value) found[name].add(d.day, *value);
    }
  }
  std::vector<gauges::GaugeRange> ranges;
  for (const auto& [name, e] : found)
    ranges.push_back({name, asset, e.low, e.high, e.from, e.to, e.days});
  return ranges;
}

// Readings that no gauge gives but that somebody may have meant: means over the settlements inside
// a span that ends at `at`, by venue. Only for the search over a claim's definitions.
std::vector<gauges::Reading> funding_means(const std::vector<gauges::FundingPoint>& points,
                                           const std::string& asset, Instant at) {
  constexpr std::pair<const char*, Duration> spans[] = {{"funding_annual_day", Duration::days(1)},
                                                        {"funding_annual_7d", Duration::days(7)},
                                                        {"funding_annual_30d", Duration::days(30)}};
  struct Sum {
    double total = 0;
    int count = 0;
    Instant last;
  };
  std::vector<gauges::Reading> out;
  for (const auto& [name, span] : spans) {
    std::map<std::string, Sum> sums;
    for (const gauges::FundingPoint& p : points) {
      if (!p.main || p.kind != FundingKind::settled || p.at <= at - span || p.at > at) continue;
      Sum& sum = sums[p.venue];
      sum.total += p.annual;
      ++sum.count;
      sum.last = p.at;
    }
    for (const auto& [venue, sum] : sums) {
      gauges::Reading r;
      r.name = name;
      r.asset = asset;
      r.venue = venue;
      r.value = sum.total / sum.count;
      r.unit = "fraction_per_year";
      r.as_of = sum.last;
      r.window = span;
      r.state = gauges::State::single_source;
      r.sources = {venue + ":funding settlements"};
      out.push_back(std::move(r));
    }
  }
  return out;
}

void Knower::take() {
  gauges::Knowledge knowledge{times_[next_++], {}, {}, {}};
  for (auto& gauges : gauges_) {
    for (gauges::Reading& r : gauges->readings(knowledge.at))
      knowledge.readings.push_back(std::move(r));
    const gauges::History history = gauges->history(knowledge.at);
    for (gauges::Reading& r : funding_means(history.funding, gauges->asset(), knowledge.at))
      knowledge.meant.push_back(std::move(r));
    for (gauges::GaugeRange& r : ranges_of(history.liquidations, gauges->asset()))
      knowledge.ranges.push_back(std::move(r));
  }
  known_.push_back(std::move(knowledge));
}

std::vector<gauges::Reading> of_asset(const std::vector<gauges::Reading>& readings,
                                      const std::string& asset) {
  std::vector<gauges::Reading> out;
  for (const gauges::Reading& r : readings) {
    if (r.asset == asset) out.push_back(r);
  }
  std::stable_sort(out.begin(), out.end(), [](const gauges::Reading& a, const gauges::Reading& b) {
    return reading_rank(a.name) < reading_rank(b.name);
  });
  return out;
}

}  // namespace

Result<Brief> make_brief(const BriefInputs& inputs, EventFeed& feed) {
  const std::string rules_text = TRY(read_file(find_shipped(inputs.rules_path)));
  const gauges::Rules rules = TRY(gauges::Rules::load(rules_text, inputs.rules_path));
  const Config definitions = TRY(Config::load(find_shipped(inputs.claim_rules_path)));
  const gauges::ClaimRules claim_rules =
      TRY(gauges::ClaimRules::load(definitions, inputs.claim_rules_path));
  std::vector<Instant> times = gauges::claim_times(inputs.claims, inputs.at);
  const Instant day_before = inputs.at - Duration::days(1);
  times.push_back(day_before);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());

  std::set<std::string> assets{inputs.asset};
  for (const gauges::Claim& claim : inputs.claims) {
    if (claim.asset != gauges::kEveryCoin) assets.insert(claim.asset);
  }
  std::vector<std::unique_ptr<gauges::Gauges>> gauges;
  for (const std::string& asset : assets)
    gauges.push_back(
        std::make_unique<gauges::Gauges>(asset, rules, feed.instruments(), feed.sources()));
  Knower knower(gauges, times);
  if (auto ran = feed.run(knower); !ran.has_value()) return std::move(ran.error());
  std::vector<gauges::Knowledge> known = knower.finish();
  for (gauges::Knowledge& k : known) {
    for (const gauges::GaugeRange& range : inputs.ranges) {
      if (range.to < k.at) k.ranges.push_back(range);
    }
  }

  Brief brief;
  brief.title = inputs.title;
  brief.asset = inputs.asset;
  brief.as_of = inputs.at;
  brief.rules = inputs.rules_path;
  brief.claim_rules = inputs.claim_rules_path;
  brief.notes = inputs.notes;
  brief.readings = of_asset(known.back().readings, inputs.asset);
  brief.claims = gauges::check_claims(inputs.claims, claim_rules, known, inputs.at);
  const auto before = std::find_if(known.begin(), known.end(),
                                   [&](const gauges::Knowledge& k) { return k.at == day_before; });
  CHECK(before != known.end());
  brief.verdict = verdict::decide(
      verdict::evidence(brief.readings, of_asset(before->readings, inputs.asset), {}), {});
  for (const auto& one : gauges) {
    if (one->asset() == inputs.asset) brief.history = one->history(inputs.at);
  }
  brief.sources = feed.use();
  return brief;
}

}  // namespace delever::cli
