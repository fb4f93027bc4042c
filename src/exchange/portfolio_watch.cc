// When portfolio pools need a look: what their scenario margin can lose while marks, forwards,
// volatilities and time stay within watch prices (scenario_bound.h; the proof is in
// docs/models/watch.md).
#include <algorithm>
#include <cmath>

#include "exchange/state.h"
#include "watch/scenario_bound.h"

namespace delever::exchange {
namespace {

constexpr watch::ScenarioReach kReaches[] = {
    {0.25, 0.5, 0.5}, {0.06, 0.2, 0.2}, {0.015, 0.05, 0.05}};
constexpr double kUnits = static_cast<double>(Amount::scale);
// Doubles against the account's integers, per coin of position: marks to 1e-10, volatilities
// watched to 1e-10, values of options good to 1e-12.
constexpr double kErrorPerCoin = 4e-9;
constexpr double kErrorPerLeg = 64;  // units: what position_margin() rounds

double raw(Price price) { return static_cast<double>(price.raw()); }
Price scaled(Price price, double by) {
  return Price::raw(static_cast<int64_t>(std::clamp(raw(price) * by, 1.0, 9.2e18)));
}
watch::PriceRange around(Price price, double reach) {
  return {scaled(price, 1 / (1 + reach)), scaled(price, 1 + reach)};
}

}  // namespace

// Everything of one reach: the slack in each scenario, and by price what each of them loses until
// the ends of its ways.
struct Exchange::State::ScenarioWatch {
  struct Ways {
    watch::PriceId price = 0;
    bool inverse = false,
         bounded = true;  // not bounded: a way that costs no scenario goes on for ever
    Price now, low, high;
    std::vector<double> fall, rise;  // units, by scenario
  };
  std::vector<double> weight;  // of a scenario's profit in the margin
  std::vector<double> spare;   // units
  std::deque<Ways> ways;       // none moves while others come
  size_t used = 0;
  watch::OptionReach reach;

  // The ways of a price, shared by all legs that stand on it in the same way.
  Ways& of(watch::PriceId price, bool inverse, Price here, watch::PriceRange range) {
    for (size_t k = 0; k < used; ++k) {
      Ways& w = ways[k];
      if (w.price == price && w.inverse == inverse && w.now == here && w.low == range.lowest &&
          w.high == range.highest)
        return w;
    }
    if (used == ways.size()) ways.emplace_back();
    Ways& fresh = ways[used++];
    fresh.price = price;
    fresh.inverse = inverse;
    fresh.bounded = true;
    fresh.now = here;
    fresh.low = range.lowest;
    fresh.high = range.highest;
    fresh.fall.assign(weight.size(), 0);
    fresh.rise.assign(weight.size(), 0);
    return fresh;
  }
};

watch::PriceId Exchange::State::volatility_id(InstrumentId i) const {
  return static_cast<watch::PriceId>(markets.size() + indices.size() + 2 * i);
}
watch::PriceId Exchange::State::time_id(InstrumentId i) const {
  for (InstrumentId k = 0; k < i; ++k) {  // one for each expiry
    if (markets[k].option && markets[k].listing->expiry == markets[i].listing->expiry) i = k;
  }
  return volatility_id(i) + 1;
}

// In units of 1e-10, as a price is; 0 where the mark implies none.
Price Exchange::State::volatility_of(const margin::RiskLeg& leg) {
  return Price::raw(
      static_cast<int64_t>(std::min(leg.volatility, 1e8) * static_cast<double>(Price::scale)));
}
// In microseconds.
Price Exchange::State::time_left(InstrumentId i) const {
  return Price::raw(std::max<int64_t>((*markets[i].listing->expiry - now).ns() / 1000, 0));
}

// The volatilities and times that some pool watches, of this tick.
void Exchange::State::take_reached_options(std::vector<PoolId>& found) {
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    const Market& m = markets[i];
    if (!m.option) continue;
    if (time_id(i) == volatility_id(i) + 1) watched.take_due(time_id(i), time_left(i), found);
    if (m.settled || !watched.watches(volatility_id(i))) continue;
    if (const margin::RiskLeg* leg = leg_of(i))
      watched.take_due(volatility_id(i), volatility_of(*leg), found);
  }
}

bool Exchange::State::expose_scenarios(PoolId p, const PoolSums& s, double& spare) {
  if (!scenario_watch) scenario_watch = std::make_shared<ScenarioWatch>();
  for (const watch::ScenarioReach& reach : kReaches) {
    double loss = 0;
    if (!bound_scenarios(p, s, reach, spare)) return false;
    for (const watch::Exposure& e : exposures)
      loss += std::max(e.fall ? e.fall->loss : 0.0, e.rise ? e.rise->loss : 0.0);
    // A narrower reach draws straighter lines; it pays where the pool would not get far on this
    // one.
    if (spare > loss / 4) break;
  }
  return true;
}

bool Exchange::State::bound_scenarios(PoolId p, const PoolSums& s,
                                      const watch::ScenarioReach& reach, double& spare) {
  const CoinId coin = *pools[p].coin;
  const ScenarioRule& rule = *rulebooks.scenarios(coin);
  std::vector<StakeId> held;
  bool options = false;
  for (const StakeId id : in_pool(p)) {
    const Market& m = markets[stakes[id].instrument];
    if (m.spot || stakes[id].lots == 0) continue;
    held.push_back(id);
    options |= m.option;
  }
  const bool indexed = setup.coins[coin].index.has_value();
  const Price index_now = *prices.coin_usd[coin];
  const double index = index_now.approx(), reached = 1 + reach.price;
  const double growth =
      indexed ? reached : 1;  // of a loss in proportion to 1 / index, while that falls
  const double kept =
      pools[p].called ? 1 : std::min(1.0, setup.margin_call.approx());  // of the equity
  const double factor = rule.maintenance_factor.approx();
  const size_t standard = 3 * (2 * static_cast<size_t>(rule.buckets_each_side) + 1);
  const size_t extended = options ? rule.extended_moves.size() : 0, none = standard + extended;
  if (extended > 0 && (!rule.extended_factor || !rule.extended_dampener_usd)) return false;

  // The slack in each scenario as if it were the worst, the last one standing for a margin of no
  // scenario: the pool's own is the least of them.
  ScenarioWatch& w = *scenario_watch;
  w.used = 0;
  w.weight.assign(none + 1, factor);
  w.weight[none] = 0;
  for (size_t k = standard; k < none; ++k) w.weight[k] = factor * rule.extended_factor->approx();
  w.spare.assign(none + 1, 0);  // profits, in coins, until all are known
  std::vector<double> by_index(none + 1);
  double coins_held = 0, delta_low = 0, delta_high = 0, roll_shock = 0;
  for (const StakeId id : held) {
    const Stake& h = stakes[id];
    const Market& m = markets[h.instrument];
    const SharedScenarios* shared = scenarios_of(h.instrument, rule);
    if (!shared) return false;
    const Price mark = *prices.mark[h.instrument];
    const double size = margin::leg_size(position(h, h.lots, h.cost), *m.rules, mark);
    const auto gain = [&](size_t k) {
      return k < standard ? shared->unit.standard[k]
             : k < none   ? shared->unit.extended[k - standard]
                          : 0.0;
    };
    for (size_t k = 0; k < none; ++k) w.spare[k] += size * gain(k);
    if (!m.option) {
      // In x = 1 / mark (inverse) or the mark all of it is straight: profit, fee, and with the size
      // in coins the scenarios' profits and the roll shock.
      const double roll = std::max(rule.annualised_move_min->approx(),
                                   rule.annualised_move->approx() * shared->leg.years.value_or(0));
      const auto x_of = [&m](Price at) { return m.inverse ? 1 / at.approx() : at.approx(); };
      const double per_x = m.inverse ? size * mark.approx() : size;
      ScenarioWatch::Ways& ways =
          w.of(price_ids.mark[h.instrument], m.inverse, mark, around(mark, reach.price));
      const double to_low = x_of(ways.low) - x_of(mark), to_high = x_of(ways.high) - x_of(mark);
      for (size_t k = 0; k <= none; ++k) {
        double slope = (m.inverse ? -kept : kept) * per_x -
                       m.rules->liquidation_fee.approx() * std::abs(per_x);
        if (m.inverse) slope += w.weight[k] * per_x * gain(k) - factor * roll * std::abs(per_x);
        ways.fall[k] -= slope * to_low * kUnits;
        ways.rise[k] -= slope * to_high * kUnits;
      }
      roll_shock += std::abs(size) * roll;
      coins_held += std::abs(size) * reached;
      delta_low += std::min(size * reached, size / reached);
      delta_high += std::max(size * reached, size / reached);
      continue;
    }
    coins_held += std::abs(size);
    const margin::RiskLeg& leg = shared->leg;
    const bool unlisted_forward =
        m.forward && markets[*m.forward].mark == 0;  // the index stands in for it
    if (m.settle != m.base || !(*leg.years > 0) || unlisted_forward ||
        m.rules->liquidation_fee != Rate())
      return false;
    const watch::PriceId forward_id = price_ids.underlying[h.instrument];
    const bool on_index = indexed && forward_id == price_ids.coin_usd[coin];
    watch::OptionReach& r = w.reach;
    const watch::HeldOption option{
        .leg = leg, .mark = mark.approx(), .index = index, .on_index = on_index};
    if (!watch::option_reach(rule, option, reach, r).has_value()) return false;
    const bool is_long = size > 0;
    const double grown = kUnits * (on_index ? 1 : growth), amount = std::abs(size) * grown;
    const Price forward = *prices.underlying[h.instrument];
    ScenarioWatch::Ways& moves = w.of(forward_id, on_index, forward, around(forward, reach.price));
    for (size_t k = 0; k < none; ++k) {
      moves.fall[k] -= size * grown * w.weight[k] * (is_long ? r.fall_long : r.fall_short)[k];
      moves.rise[k] -= size * grown * w.weight[k] * (is_long ? r.rise_long : r.rise_short)[k];
      if (!on_index) by_index[k] += size * gain(k);
    }
    const Price vol = volatility_of(leg);
    const auto in_watched_units = [](double x) {
      return Price::raw(static_cast<int64_t>(x * Price::scale));
    };
    ScenarioWatch::Ways& quivers =
        w.of(volatility_id(h.instrument), false, vol,
             {in_watched_units(r.volatility_low), in_watched_units(r.volatility_high)});
    const Price left = time_left(h.instrument);
    const auto passing = static_cast<int64_t>(raw(left) * (1 - r.years_low / *leg.years));
    ScenarioWatch::Ways& passes =
        w.of(time_id(h.instrument), false, left, {Price::raw(left.raw() - passing), left});
    for (size_t k = 0; k < none; ++k) {
      quivers.fall[k] += amount * w.weight[k] * (is_long ? r.volatility_long[k] : r.now_fall_short);
      quivers.rise[k] += amount * w.weight[k] * (is_long ? r.now_rise_long : r.volatility_short[k]);
      passes.fall[k] += amount * w.weight[k] * (is_long ? r.time_long[k] : r.now_time_short);
    }
    // Its mark, in the equity and, where it is anchored, in what the option is worth now: a coin of
    // mark is `kept` less weight * forward / index of slack, whatever these two have come to by
    // then.
    ScenarioWatch::Ways& own =
        w.of(price_ids.mark[h.instrument], false, mark, {Price(), scaled(mark, 16)});
    own.bounded = false;
    const double ratio = on_index ? 1 : forward.approx() / index,
                 apart = on_index ? 1 : reached * growth;
    for (size_t k = 0; k <= none; ++k) {
      const double counted = r.anchored ? w.weight[k] : 0;
      const double one = size * (kept - counted * ratio * apart),
                   other = size * (kept - counted * ratio / apart);
      own.fall[k] += std::max(one, other) * mark.approx() * kUnits;
      own.rise[k] += std::max(-one, -other) * (own.high.approx() - mark.approx()) * kUnits;
    }
    delta_low += is_long ? size * r.delta_low : size * r.delta_high;
    delta_high += is_long ? size * r.delta_high : size * r.delta_low;
  }
  for (size_t k = standard; k < none; ++k) {
    const double dampener = rule.extended_dampener_usd->approx() /
                            (index * (1 + rule.extended_moves[k - standard].approx()));
    w.spare[k] += dampener;
    by_index[k] += dampener;
  }
  if (indexed) {
    ScenarioWatch::Ways& ways =
        w.of(price_ids.coin_usd[coin], true, index_now, around(index_now, reach.price));
    for (size_t k = 0; k < none; ++k) {
      ways.fall[k] -= w.weight[k] * by_index[k] * (raw(index_now) / raw(ways.low) - 1) * kUnits;
      ways.rise[k] -= w.weight[k] * by_index[k] * (raw(index_now) / raw(ways.high) - 1) * kUnits;
    }
  }
  // The delta shock jumps: the most that it can be within the reach is counted throughout.
  const double delta =
      std::max(std::abs(delta_low), std::abs(delta_high)) + kErrorPerCoin * coins_held;
  double shock = 0;
  if (rule.delta_shock_above_usd && rule.delta_shock_max &&
      delta * index * growth * (1 + 1e-9) > rule.delta_shock_above_usd->approx())
    shock = delta * rule.delta_shock_max->approx();
  const auto equity = static_cast<double>(s.equity());
  const double fixed = kept * equity - 1e-14 * std::abs(equity) - static_cast<double>(s.fee) -
                       kErrorPerLeg * static_cast<double>(held.size() + 1) -
                       (factor * (roll_shock + shock) + kErrorPerCoin * coins_held) * kUnits;
  spare = fixed;
  for (size_t k = 0; k <= none; ++k) {
    w.spare[k] = fixed + w.weight[k] * w.spare[k] * kUnits;
    spare = std::min(spare, w.spare[k]);
  }
  if (spare <= 0) spare = -1;
  // A scenario with more to spare may lose more: its losses count in proportion.
  const auto most = [&](const std::vector<double>& losses) {
    double found = 0;
    for (size_t k = 0; spare > 0 && k <= none; ++k)
      found = std::max(found, losses[k] * (spare / w.spare[k]));
    return found;
  };
  exposures.clear();
  for (size_t j = 0; j < w.used; ++j) {
    const ScenarioWatch::Ways& ways = w.ways[j];
    watch::Exposure e{
        .price = ways.price, .inverse = ways.inverse, .now = ways.now, .fall = {}, .rise = {}};
    const double fall = most(ways.fall), rise = most(ways.rise);
    if (ways.bounded || fall > 0) e.fall = watch::Exposure::Way{ways.low, fall};
    if (ways.bounded || rise > 0) e.rise = watch::Exposure::Way{ways.high, rise};
    exposures.push_back(e);
  }
  return true;
}

}  // namespace delever::exchange
