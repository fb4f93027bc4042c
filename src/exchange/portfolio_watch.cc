// When portfolio pools need a look: what their scenario margin can lose while marks, forwards,
// volatilities and time stay within watch prices (scenario_bound.h; the proof is in
// docs/models/watch.md).
#include <algorithm>
#include <cmath>

#include "exchange/pools.h"
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
struct Pools::ScenarioWatch {
  struct Moves {
    watch::PriceId price = 0;
    bool inverse = false,
         bounded = true;  // not bounded: a way that costs no scenario goes on for ever
    Price now, low, high;
    std::vector<double> fall, rise;  // units, by scenario
  };
  std::vector<double> weight;  // of a scenario's profit in the margin
  std::vector<double> spare;   // units
  std::deque<Moves> moves;     // none moves while others come
  size_t used = 0;

  // What one coin of an option can cost within a reach, at the prices that it was made for: those
  // who hold the option are bounded at the same tick, and each finds it made.
  struct MadeReach {
    Price mark, forward, index;
    std::optional<double> years;
    bool on_index = false, made = false, holds = false;
    watch::OptionReach reach;
  };
  std::vector<MadeReach> reaches;             // by instrument and reach
  const watch::OptionReach* reach = nullptr;  // of the option in hand

  // The ways of a price, shared by all legs that stand on it in the same way.
  Moves& of(watch::PriceId price, bool inverse, Price here, watch::PriceRange range) {
    for (size_t k = 0; k < used; ++k) {
      Moves& w = moves[k];
      if (w.price == price && w.inverse == inverse && w.now == here && w.low == range.lowest &&
          w.high == range.highest)
        return w;
    }
    if (used == moves.size()) moves.emplace_back();
    Moves& fresh = moves[used++];
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

watch::PriceId Pools::volatility_id(InstrumentId i) const {
  return static_cast<watch::PriceId>(markets.size() + indices.size() + 2 * i);
}
// One for each expiry: that of its first option. Listings never change, so they are found once.
watch::PriceId Pools::time_id(InstrumentId i) const {
  for (InstrumentId fresh = static_cast<InstrumentId>(time_ids.size()); fresh < markets.size();
       ++fresh) {
    InstrumentId first = 0;
    while (first < fresh && !(markets[first].option &&
                              markets[first].listing->expiry == markets[fresh].listing->expiry))
      ++first;
    time_ids.push_back(volatility_id(first) + 1);
  }
  return time_ids[i];
}

// In units of 1e-10, as a price is; 0 where the mark implies none.
Price Pools::volatility_of(const margin::RiskLeg& leg) {
  return Price::raw(
      static_cast<int64_t>(std::min(leg.volatility, 1e8) * static_cast<double>(Price::scale)));
}
// In microseconds.
Price Pools::time_left(InstrumentId i) const {
  return Price::raw(std::max<int64_t>((*markets[i].listing->expiry - now).ns() / 1000, 0));
}

// The volatilities and times that some pool watches, of this tick.
void Pools::take_reached_options(std::vector<uint32_t>& found) {
  for (InstrumentId i = 0; i < markets.size(); ++i) {
    const Market& m = markets[i];
    if (!m.option) continue;
    if (time_id(i) == volatility_id(i) + 1) watched.take_due(time_id(i), time_left(i), found);
    if (m.settled || !watched.watches(volatility_id(i))) continue;
    if (const margin::RiskLeg* leg = leg_of(i))
      watched.take_due(volatility_id(i), volatility_of(*leg), found);
  }
}

bool Pools::expose_scenarios(PoolId p, const PoolSums& s, double& spare) {
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

// What one bound is made of. Everything is linear in the losses: each scenario k has a slack of its
// own, as if it were the worst, and each price on which the pool stands has two ways, down and up,
// on which scenario k loses a straight amount until the way's end.
struct Pools::ScenarioTerms {
  const ScenarioRule& rule;
  const watch::ScenarioReach& reach;
  ScenarioWatch& w;
  CoinId coin;
  bool indexed = false;  // the coin's USD price moves
  Price index_now;
  double index = 0;     // USD per coin
  double reached = 1;   // 1 + reach: the farthest ratio of a price to what it is now
  double growth = 1;    // of a loss in proportion to 1 / index, while the index falls
  double kept = 1;      // share of the equity that the margin call leaves as slack
  double factor = 1;    // maintenance over the worst scenario's loss
  size_t standard = 0;  // scenarios of the price and volatility grid
  size_t none = 0;      // all scenarios; this number stands for "no scenario": a margin of 0
  std::vector<double> by_index;          // coins of profit by scenario that go with 1 / index
  double coins_held = 0;                 // for the error of doubles
  double delta_low = 0, delta_high = 0;  // of the whole pool, over the reach
  double roll_shock = 0;
};

// A future or perpetual. In x = 1 / mark (inverse) or the mark (linear) all of it is straight:
// profit, fee, and with the size in coins the scenarios' profits and the roll shock. So the loss
// from here to a way's end is minus the slope times the distance in x.
void Pools::add_future(ScenarioTerms& t, const PositionState& pos, double size,
                       const SharedScenarios& shared) const {
  const Market& m = markets[pos.instrument];
  const Price mark = *prices.mark[pos.instrument];
  const double roll = std::max(t.rule.annualised_move_min->approx(),
                               t.rule.annualised_move->approx() * shared.leg.years.value_or(0));
  const auto x_of = [&m](Price at) { return m.inverse ? 1 / at.approx() : at.approx(); };
  const double per_x = m.inverse ? size * mark.approx() : size;  // coins or USD per unit of x
  ScenarioWatch::Moves& moves =
      t.w.of(price_ids.mark[pos.instrument], m.inverse, mark, around(mark, t.reach.price));
  const double to_low = x_of(moves.low) - x_of(mark), to_high = x_of(moves.high) - x_of(mark);
  for (size_t k = 0; k <= t.none; ++k) {
    double slope = (m.inverse ? -t.kept : t.kept) * per_x -
                   m.rules->liquidation_fee.approx() * std::abs(per_x);
    if (m.inverse)
      slope += t.w.weight[k] * per_x * gain_of(t, shared, k) - t.factor * roll * std::abs(per_x);
    moves.fall[k] -= slope * to_low * kUnits;
    moves.rise[k] -= slope * to_high * kUnits;
  }
  t.roll_shock += std::abs(size) * roll;
  t.coins_held += std::abs(size) * t.reached;
  // A coin of an inverse contract is worth up to `reached` times as many coins, or as few.
  t.delta_low += std::min(size * t.reached, size / t.reached);
  t.delta_high += std::max(size * t.reached, size / t.reached);
}

// Made anew only where a price that enters has moved, or time has. Null: it does not hold.
const watch::OptionReach* Pools::reach_of(const ScenarioTerms& t, InstrumentId i,
                                          const margin::RiskLeg& leg, bool on_index) const {
  const auto at = static_cast<size_t>(&t.reach - kReaches);
  const size_t place = i * std::size(kReaches) + at;
  if (t.w.reaches.size() <= place) t.w.reaches.resize(markets.size() * std::size(kReaches));
  ScenarioWatch::MadeReach& known = t.w.reaches[place];
  const Price mark = *prices.mark[i], forward = *prices.underlying[i];
  if (known.made && known.mark == mark && known.forward == forward && known.index == t.index_now &&
      known.years == leg.years && known.on_index == on_index)
    return known.holds ? &known.reach : nullptr;
  known.made = true;
  known.mark = mark;
  known.forward = forward;
  known.index = t.index_now;
  known.years = leg.years;
  known.on_index = on_index;
  const watch::HeldOption option{
      .leg = leg, .mark = mark.approx(), .index = t.index, .on_index = on_index};
  known.holds = watch::option_reach(t.rule, option, t.reach, known.reach).has_value();
  return known.holds ? &known.reach : nullptr;
}

// An option moves with four prices, each with ways of its own: the forward, its volatility, the
// time that passes, and its mark. option_reach() bounds what each scenario's profit can lose on
// each while all of them stay within the reach. False: the bound does not hold for this kind.
bool Pools::add_option(ScenarioTerms& t, const PositionState& pos, double size,
                       const SharedScenarios& shared) const {
  const Market& m = markets[pos.instrument];
  const Price mark = *prices.mark[pos.instrument];
  t.coins_held += std::abs(size);
  const margin::RiskLeg& leg = shared.leg;
  const bool unlisted_forward =
      m.forward && markets[*m.forward].mark == 0;  // the index stands in for it
  if (m.settle != m.base || !(*leg.years > 0) || unlisted_forward ||
      m.rules->liquidation_fee != Rate())
    return false;
  const watch::PriceId forward_id = price_ids.underlying[pos.instrument];
  const bool on_index = t.indexed && forward_id == price_ids.coin_usd[t.coin];
  t.w.reach = reach_of(t, pos.instrument, leg, on_index);
  if (!t.w.reach) return false;
  const watch::OptionReach& r = *t.w.reach;
  const bool is_long = size > 0;
  // Losses are counted in coins at the index of now; while it falls they weigh more.
  const double grown = kUnits * (on_index ? 1 : t.growth), amount = std::abs(size) * grown;
  const Price forward = *prices.underlying[pos.instrument];
  ScenarioWatch::Moves& moves =
      t.w.of(forward_id, on_index, forward, around(forward, t.reach.price));
  for (size_t k = 0; k < t.none; ++k) {
    moves.fall[k] -= size * grown * t.w.weight[k] * (is_long ? r.fall_long : r.fall_short)[k];
    moves.rise[k] -= size * grown * t.w.weight[k] * (is_long ? r.rise_long : r.rise_short)[k];
    if (!on_index) t.by_index[k] += size * gain_of(t, shared, k);
  }
  add_volatility_and_time(t, pos.instrument, leg, amount, is_long);
  // Its mark, in the equity and, where it is anchored, in what the option is worth now: a coin of
  // mark is `kept` less weight * forward / index of slack, whatever these two have come to by
  // then.
  ScenarioWatch::Moves& own =
      t.w.of(price_ids.mark[pos.instrument], false, mark, {Price(), scaled(mark, 16)});
  own.bounded = false;
  const double ratio = on_index ? 1 : forward.approx() / t.index,
               apart = on_index ? 1 : t.reached * t.growth;
  for (size_t k = 0; k <= t.none; ++k) {
    const double counted = r.anchored ? t.w.weight[k] : 0;
    const double one = size * (t.kept - counted * ratio * apart),
                 other = size * (t.kept - counted * ratio / apart);
    own.fall[k] += std::max(one, other) * mark.approx() * kUnits;
    own.rise[k] += std::max(-one, -other) * (own.high.approx() - mark.approx()) * kUnits;
  }
  t.delta_low += is_long ? size * r.delta_low : size * r.delta_high;
  t.delta_high += is_long ? size * r.delta_high : size * r.delta_low;
  return true;
}

// `amount`: units of the option held, grown. Time only passes one way.
void Pools::add_volatility_and_time(ScenarioTerms& t, InstrumentId i, const margin::RiskLeg& leg,
                                    double amount, bool is_long) const {
  const watch::OptionReach& r = *t.w.reach;
  const auto in_watched_units = [](double x) {
    return Price::raw(static_cast<int64_t>(x * Price::scale));
  };
  ScenarioWatch::Moves& volatility_moves =
      t.w.of(volatility_id(i), false, volatility_of(leg),
             {in_watched_units(r.volatility_low), in_watched_units(r.volatility_high)});
  const Price left = time_left(i);
  const auto passing = static_cast<int64_t>(raw(left) * (1 - r.years_low / *leg.years));
  ScenarioWatch::Moves& time_moves =
      t.w.of(time_id(i), false, left, {Price::raw(left.raw() - passing), left});
  for (size_t k = 0; k < t.none; ++k) {
    const double weighted = amount * t.w.weight[k];
    volatility_moves.fall[k] += weighted * (is_long ? r.volatility_long[k] : r.now_fall_short);
    volatility_moves.rise[k] += weighted * (is_long ? r.now_rise_long : r.volatility_short[k]);
    time_moves.fall[k] += weighted * (is_long ? r.time_long[k] : r.now_time_short);
  }
}

// Profits in proportion to 1 / index, the dampener of the extended scenarios among them, lose what
// the index gains: weight * profit * (now / end - 1).
void Pools::add_index(ScenarioTerms& t) const {
  for (size_t k = t.standard; k < t.none; ++k) {
    const double dampener = t.rule.extended_dampener_usd->approx() /
                            (t.index * (1 + t.rule.extended_moves[k - t.standard].approx()));
    t.w.spare[k] += dampener;
    t.by_index[k] += dampener;
  }
  if (!t.indexed) return;
  ScenarioWatch::Moves& moves =
      t.w.of(price_ids.coin_usd[t.coin], true, t.index_now, around(t.index_now, t.reach.price));
  for (size_t k = 0; k < t.none; ++k) {
    const double profit = t.w.weight[k] * t.by_index[k];
    moves.fall[k] -= profit * (raw(t.index_now) / raw(moves.low) - 1) * kUnits;
    moves.rise[k] -= profit * (raw(t.index_now) / raw(moves.high) - 1) * kUnits;
  }
}

// The slack of each scenario in units: the share of the equity that must stay, less fees, shocks
// and the error of doubles, plus the scenario's own weighted profit. Returns the least of them.
double Pools::scenario_slack(ScenarioTerms& t, const PoolSums& s, size_t positions_held) const {
  // The delta shock jumps: the most that it can be within the reach is counted throughout.
  const double delta =
      std::max(std::abs(t.delta_low), std::abs(t.delta_high)) + kErrorPerCoin * t.coins_held;
  double shock = 0;
  if (t.rule.delta_shock_above_usd && t.rule.delta_shock_max &&
      delta * t.index * t.growth * (1 + 1e-9) > t.rule.delta_shock_above_usd->approx())
    shock = delta * t.rule.delta_shock_max->approx();
  const auto equity = static_cast<double>(s.equity());
  const double fixed = t.kept * equity - 1e-14 * std::abs(equity) - static_cast<double>(s.fee) -
                       kErrorPerLeg * static_cast<double>(positions_held + 1) -
                       (t.factor * (t.roll_shock + shock) + kErrorPerCoin * t.coins_held) * kUnits;
  double spare = fixed;
  for (size_t k = 0; k <= t.none; ++k) {
    t.w.spare[k] = fixed + t.w.weight[k] * t.w.spare[k] * kUnits;
    spare = std::min(spare, t.w.spare[k]);
  }
  return spare;
}

// The ways as exposures of one slack. A scenario with more to spare may lose more: its losses count
// in proportion spare / spare_k, and the largest of these is what the way costs.
void Pools::expose_moves(const ScenarioTerms& t, double spare) {
  const auto most = [&](const std::vector<double>& losses) {
    double found = 0;
    for (size_t k = 0; spare > 0 && k <= t.none; ++k)
      found = std::max(found, losses[k] * (spare / t.w.spare[k]));
    return found;
  };
  exposures.clear();
  for (size_t j = 0; j < t.w.used; ++j) {
    const ScenarioWatch::Moves& moves = t.w.moves[j];
    watch::Exposure e{
        .price = moves.price, .inverse = moves.inverse, .now = moves.now, .fall = {}, .rise = {}};
    const double fall = most(moves.fall), rise = most(moves.rise);
    if (moves.bounded || fall > 0) e.fall = watch::Exposure::Way{moves.low, fall};
    if (moves.bounded || rise > 0) e.rise = watch::Exposure::Way{moves.high, rise};
    exposures.push_back(e);
  }
}

// Coins of profit of one coin of the instrument in scenario k.
double Pools::gain_of(const ScenarioTerms& t, const SharedScenarios& shared, size_t k) {
  if (k < t.standard) return shared.unit.standard[k];
  return k < t.none ? shared.unit.extended[k - t.standard] : 0.0;
}

// The slack of a portfolio pool and what each price can take of it, while all prices stay within
// the reach. With losses L_j of the ways j, the pool is safe as long as the sum of L_j stays below
// the slack. False: no bound holds.
bool Pools::bound_scenarios(PoolId p, const PoolSums& s, const watch::ScenarioReach& reach,
                            double& spare) {
  const CoinId coin = *pools[p].coin;
  const ScenarioRule& rule = *rulebooks.scenarios(coin);
  std::vector<PositionId> held_now;
  bool options = false;
  for (const PositionId id : in_pool(p)) {
    const Market& m = markets[positions[id].instrument];
    if (m.spot || positions[id].lots == 0) continue;
    held_now.push_back(id);
    options |= m.option;
  }
  ScenarioTerms t{.rule = rule, .reach = reach, .w = *scenario_watch, .coin = coin};
  t.indexed = setup.coins[coin].index.has_value();
  t.index_now = *prices.coin_usd[coin];
  t.index = t.index_now.approx();
  t.reached = 1 + reach.price;
  t.growth = t.indexed ? t.reached : 1;
  t.kept = pools[p].called ? 1 : std::min(1.0, setup.margin_call.approx());
  t.factor = rule.maintenance_factor.approx();
  t.standard = 3 * (2 * static_cast<size_t>(rule.buckets_each_side) + 1);
  t.none = t.standard + (options ? rule.extended_moves.size() : 0);
  if (t.none > t.standard && (!rule.extended_factor || !rule.extended_dampener_usd)) return false;

  ScenarioWatch& w = t.w;
  w.used = 0;
  w.weight.assign(t.none + 1, t.factor);
  w.weight[t.none] = 0;
  for (size_t k = t.standard; k < t.none; ++k)
    w.weight[k] = t.factor * rule.extended_factor->approx();
  w.spare.assign(t.none + 1, 0);  // profits, in coins, until all are known
  t.by_index.resize(t.none + 1);
  for (const PositionId id : held_now) {
    const PositionState& pos = positions[id];
    const Market& m = markets[pos.instrument];
    const SharedScenarios* shared = scenarios_of(pos.instrument, rule);
    if (!shared) return false;
    const double size = margin::leg_size(margin_position(pos, pos.lots, pos.cost), *m.rules,
                                         *prices.mark[pos.instrument]);
    for (size_t k = 0; k < t.none; ++k) w.spare[k] += size * gain_of(t, *shared, k);
    if (!m.option)
      add_future(t, pos, size, *shared);
    else if (!add_option(t, pos, size, *shared))
      return false;
  }
  add_index(t);
  spare = scenario_slack(t, s, held_now.size());
  if (spare <= 0) spare = -1;
  expose_moves(t, spare);
  return true;
}

}  // namespace delever::exchange
