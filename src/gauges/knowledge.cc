#include "gauges/knowledge.h"

#include <algorithm>
#include <map>

#include "gauges/history.h"

namespace delever::gauges {
namespace {

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

std::vector<GaugeRange> ranges_of(const std::vector<LiquidationDay>& days,
                                  const std::string& asset) {
  std::map<std::string, Extremes> found;
  for (const LiquidationDay& d : days) {
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
  std::vector<GaugeRange> ranges;
  for (const auto& [name, e] : found)
    ranges.push_back({name, asset, e.low, e.high, e.from, e.to, e.days});
  return ranges;
}

// Readings that no gauge gives but that somebody may have meant: means over the settlements inside
// a span that ends at `at`, by venue. Only for the search over a claim's definitions.
std::vector<Reading> funding_means(const std::vector<FundingPoint>& points,
                                   const std::string& asset, Instant at) {
  constexpr std::pair<const char*, Duration> spans[] = {{"funding_annual_day", Duration::days(1)},
                                                        {"funding_annual_7d", Duration::days(7)},
                                                        {"funding_annual_30d", Duration::days(30)}};
  struct Sum {
    double total = 0;
    int count = 0;
    Instant last;
  };
  std::vector<Reading> out;
  for (const auto& [name, span] : spans) {
    std::map<std::string, Sum> sums;
    for (const FundingPoint& p : points) {
      if (!p.main || p.kind != FundingKind::settled || p.at <= at - span || p.at > at) continue;
      Sum& sum = sums[p.venue];
      sum.total += p.annual;
      ++sum.count;
      sum.last = p.at;
    }
    for (const auto& [venue, sum] : sums) {
      Reading r;
      r.name = name;
      r.asset = asset;
      r.venue = venue;
      r.value = sum.total / sum.count;
      r.unit = "fraction_per_year";
      r.as_of = sum.last;
      r.window = span;
      r.state = State::single_source;
      r.sources = {venue + ":funding settlements"};
      out.push_back(std::move(r));
    }
  }
  return out;
}

}  // namespace

void KnowledgeRecorder::record() {
  Knowledge knowledge{times_[next_++], {}, {}, {}};
  for (auto& gauges : gauges_) {
    for (Reading& r : gauges->readings(knowledge.at)) knowledge.readings.push_back(std::move(r));
    const History history = gauges->history(knowledge.at);
    for (Reading& r : funding_means(history.funding, gauges->asset(), knowledge.at))
      knowledge.meant.push_back(std::move(r));
    for (GaugeRange& r : ranges_of(history.liquidations, gauges->asset()))
      knowledge.ranges.push_back(std::move(r));
  }
  known_.push_back(std::move(knowledge));
}

}  // namespace delever::gauges
