#include "gauges/knowledge.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

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
      // (at - span, at]: a rate is paid for the time before its settlement.
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

Reading meant_reading(const char* name, const char* unit, const std::string& asset, double value,
                      Instant as_of) {
  Reading r;
  r.name = name;
  r.asset = asset;
  r.value = value;
  r.unit = unit;
  r.as_of = as_of;
  r.state = State::single_source;
  return r;
}

// Open interest as contracts, and the parts of it that are margined in stablecoins and in the coin,
// by venue and over the venues that the rule sums. Where there is no other part, it is the whole:
// then it is given if the reading says the same, so that a claim that speaks of it can be decided.
std::vector<Reading> interest_parts(const std::vector<Reading>& readings,
                                    const std::vector<ContractInterest>& contracts,
                                    const std::string& asset) {
  struct Part {
    const char *name, *unit;
    double value = 0;
    bool complete = true;
  };
  struct Parts {
    Part all{"oi_contracts", "contracts"};
    Part stable_coins{"oi_coins_stablecoin", "coins"}, stable_usd{"oi_usd_stablecoin", "USD"};
    Part coin_coins{"oi_coins_coin_margined", "coins"}, coin_usd{"oi_usd_coin_margined", "USD"};
    double coins = 0;
    bool linear = false, inverse = false;
    Instant as_of = Instant::min();
    std::set<std::string> sources;

    void add(const ContractInterest& c) {
      const bool is_inverse = c.kind == InstrumentKind::inverse;
      (is_inverse ? inverse : linear) = true;
      Part& usd = is_inverse ? coin_usd : stable_usd;
      all.value += c.contracts;
      coins += c.coins;
      (is_inverse ? coin_coins : stable_coins).value += c.coins;
      // One contract without dollars makes the sum of dollars incomplete, and it is then not given.
      usd.value += c.usd.value_or(0);
      usd.complete = usd.complete && c.usd;
      as_of = std::max(as_of, c.at);
      sources.insert(c.venue + ":" + c.symbol);
    }
  };
  // The sum takes the venues that the rule sums, so that a part can be held against oi_coins.
  std::map<std::string, Parts> by_venue;  // "": the sum
  for (const ContractInterest& c : contracts) {
    by_venue[c.venue].add(c);
    if (c.summed) by_venue[""].add(c);
  }
  std::vector<Reading> out;
  for (const auto& one : by_venue) {
    const std::string& venue = one.first;
    const Parts& parts = one.second;
    const auto add = [&](const Part& part) {
      if (!part.complete) return;
      Reading r = meant_reading(part.name, part.unit, asset, part.value, parts.as_of);
      if (!venue.empty()) r.venue = venue;
      r.sources.assign(parts.sources.begin(), parts.sources.end());
      // What is missing from the whole may be of this part: then its upper end is open as well.
      const std::string_view of = part.unit == std::string_view("USD") ? "oi_usd" : "oi_coins";
      for (const Reading& whole : readings) {
        const bool same = whole.name == of && whole.venue.value_or("") == venue && !whole.expiry;
        if (!same || !whole.low || whole.high) continue;
        r.low = part.value;
        r.reason = whole.reason;
      }
      out.push_back(std::move(r));
    };
    add(parts.all);
    const bool both = parts.linear && parts.inverse;
    const auto whole = [&](const Part& part, std::string_view name) {
      return std::any_of(readings.begin(), readings.end(), [&](const Reading& r) {
        return r.name == name && r.venue.value_or("") == venue && !r.expiry && r.value &&
               same_figure(*r.value, part.value);
      });
    };
    for (const auto& [part, there, name] :
         {std::tuple(&parts.stable_coins, parts.linear, "oi_coins"),
          std::tuple(&parts.stable_usd, parts.linear, "oi_usd"),
          std::tuple(&parts.coin_coins, parts.inverse, "oi_coins"),
          std::tuple(&parts.coin_usd, parts.inverse, "oi_usd")}) {
      if (both || (there && whole(*part, name))) add(*part);
    }
  }
  return out;
}

// Liquidations as coins, at the price of the moment: what a figure is when its unit is forgotten.
std::vector<Reading> liquidated_coins(const std::vector<Reading>& readings,
                                      const std::string& asset) {
  constexpr std::pair<std::string_view, const char*> kNames[] = {
      {"liq_long_usd_24h", "liq_long_coins_24h"},
      {"liq_short_usd_24h", "liq_short_coins_24h"},
      {"liq_total_usd_24h", "liq_total_coins_24h"}};
  std::optional<double> price;
  for (const Reading& r : readings) {
    if (r.name == "price_usd" && !r.venue && r.value && r.state != State::pending) price = r.value;
  }
  std::vector<Reading> out;
  if (!price || *price <= 0) return out;
  for (const Reading& r : readings) {
    for (const auto& [dollars, coins] : kNames) {
      if (r.name != dollars || !r.value || r.state == State::pending) continue;
      Reading in_coins = r;
      in_coins.name = coins;
      in_coins.unit = "coins";
      in_coins.asset = asset;
      for (auto* end : {&in_coins.value, &in_coins.low, &in_coins.high}) {
        if (*end) **end /= *price;
      }
      in_coins.reason = "dollars over the price of the moment";
      out.push_back(std::move(in_coins));
    }
  }
  return out;
}

}  // namespace

std::vector<Reading> meant_readings(const std::vector<Reading>& readings, const History& history,
                                    const std::string& asset, Instant at) {
  std::vector<Reading> out = funding_means(history.funding, asset, at);
  for (Reading& r : interest_parts(readings, history.contracts, asset)) out.push_back(std::move(r));
  for (Reading& r : liquidated_coins(readings, asset)) out.push_back(std::move(r));
  return out;
}

void KnowledgeRecorder::record() {
  known_.resize(next_);  // without what was known for a question alone
  known_.push_back(knowledge_at(times_[next_++]));
}

Knowledge KnowledgeRecorder::knowledge_at(Instant at) const {
  Knowledge knowledge{at, {}, {}, {}};
  for (auto& gauges : gauges_) {
    std::vector<Reading> readings = gauges->readings(knowledge.at);
    const History history = gauges->history(knowledge.at);
    for (Reading& r : meant_readings(readings, history, gauges->asset(), knowledge.at))
      knowledge.meant.push_back(std::move(r));
    knowledge.contracts.insert(knowledge.contracts.end(), history.sorts.begin(),
                               history.sorts.end());
    for (GaugeRange& r : ranges_of(history.liquidations, gauges->asset()))
      knowledge.ranges.push_back(std::move(r));
    for (Reading& r : readings) knowledge.readings.push_back(std::move(r));
  }
  // A claim of an earlier time is checked against ranges that had ended by then, never by
  // hindsight.
  for (const GaugeRange& range : ranges_) {
    if (range.to < at) knowledge.ranges.push_back(range);
  }
  return knowledge;
}

const std::vector<Knowledge>& KnowledgeRecorder::known(Instant at) {
  while (next_ < times_.size() && times_[next_] < at) record();
  known_.resize(next_);
  known_.push_back(knowledge_at(at));
  return known_;
}

}  // namespace delever::gauges
