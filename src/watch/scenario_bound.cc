#include "watch/scenario_bound.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "options/black.h"

namespace delever::watch {
namespace {

constexpr double kDaysPerYear = 365, kShortDays = 30;
constexpr double kInvRoot2Pi = 0.39894228040143267794, kRootHalf = 0.70710678118654752440;

struct Point {
  double price = 0, delta = 0;
};

Point at(const margin::OptionTerms& terms, double forward, double total_vol) {
  const double strike = terms.strike.approx(), sign = terms.type == OptionType::call ? 1 : -1;
  const double inside = sign * (forward - strike);
  Point p{std::max(inside, 0.0),
          inside > 0 ? sign : 0};  // at the kink any slope between those of both sides will do
  if (!(total_vol > 0)) return p;
  const double x = options::log_moneyness(forward, strike);
  p.price += std::min(forward, strike) * options::time_value_ratio(std::abs(x), total_vol);
  p.delta = sign * 0.5 * std::erfc(-sign * (x / total_vol + 0.5 * total_vol) * kRootHalf);
  return p;
}

struct Span {
  double low = 0, high = 0;
};

// d1 = k / v + v / 2 over all k and v: it rises with k; in v it has its minimum at sqrt(2 k) for k
// > 0, and rises throughout for k <= 0.
Span d1_over(Span k, Span v) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  const auto d1 = [](double away, double vol) {
    return vol > 0 ? away / vol + 0.5 * vol : away > 0 ? kFar : away < 0 ? -kFar : 0.0;
  };
  const double lowest_at = k.low > 0 ? std::clamp(std::sqrt(2 * k.low), v.low, v.high) : v.low;
  return {d1(k.low, lowest_at), std::max(d1(k.high, v.low), d1(k.high, v.high))};
}

double density_most(Span d1) {
  const double nearest = d1.low > 0 ? d1.low : d1.high < 0 ? d1.high : 0;
  return kInvRoot2Pi * std::exp(-0.5 * nearest * nearest);
}

// A shock takes a base of volatility, at least its floor, to a total one of base * factor *
// sqrt(years).
struct Shock {
  double now = 0, later = 0;  // factor * sqrt(years), at the start and at the end of the time
  double floor = 0;
  double decay =
      0;  // at least now - later, and straight in time: what is lost on the way is its share
};

constexpr double kVolatilityMost = 99;  // scenario_margin() refuses 100 and more
// An option is anchored where its volatility takes this many coins of price to double.
constexpr double kAnchor = 0.006;

// How far forward, volatility and time may go, and the shocks at both ends of the time.
struct Reach {
  double forward = 0, years = 0, vol = 0;
  double root = 0, root_low = 0;  // of the years, and of the years at their end
  double away = 0;                // log moneyness
};

Reach reach_of(const HeldOption& option, const ScenarioReach& reach, double power_changes_at,
               OptionReach& into) {
  const margin::RiskLeg& leg = option.leg;
  Reach r{.forward = leg.forward, .years = *leg.years, .vol = leg.volatility};
  r.root = std::sqrt(r.years);
  r.away = options::log_moneyness(r.forward, leg.option->strike.approx());
  into.forward_low = r.forward / (1 + reach.price);
  into.forward_high = r.forward * (1 + reach.price);
  const double d1 = r.away / (r.vol * r.root) + 0.5 * r.vol * r.root;
  into.anchored = r.vol > 0 && kInvRoot2Pi * std::exp(-0.5 * d1 * d1) * r.vol * r.root >= kAnchor;
  into.volatility_low = into.anchored ? r.vol * (1 - reach.volatility) : 0;
  into.volatility_high = r.vol * (1 + reach.volatility);
  // Up to where 0.2 to 0.4 % of the forward in time value would send it.
  if (!into.anchored)
    into.volatility_high += 2 * reach.volatility * (0.6 * std::abs(r.away) + 0.01) / r.root;
  into.volatility_high = std::min(into.volatility_high, std::max(r.vol, kVolatilityMost));
  into.years_low = r.years * (1 - reach.time);
  // The shocks change their power at 30 days: no way passes it, so that each is one power of the
  // time.
  if (r.years * kDaysPerYear >= kShortDays)
    into.years_low = std::max(into.years_low, std::min(r.years, power_changes_at));
  r.root_low = std::sqrt(into.years_low);
  return r;
}

// The straight lines of one option: per scenario the change of (value then - value now) until a
// way's end. A long leg's value lies on or above its tangent, a short one's on or below its chord.
struct Lines {
  const HeldOption& option;
  const Reach& r;
  OptionReach& into;
  struct Change {
    double tangent = 0, chord = 0;
  };
  Change now_fall, now_rise;
  double per_vega = 1;

  const margin::OptionTerms& terms() const { return *option.leg.option; }
  double value(double price, double of_forward) const {  // in coins
    return option.on_index ? price / of_forward : price / option.index;
  }
  // Of value(black(F (1 + move))) as F goes to `end`.
  Change change(const Point& here, double end, double move, double total_vol) const {
    const double shocked = r.forward * (1 + move), shocked_end = end * (1 + move);
    Change c;
    c.chord = value(at(terms(), shocked_end, total_vol).price, shocked_end) *
                  (option.on_index ? 1 : 1 / (1 + move)) -
              value(here.price, shocked) * (option.on_index ? 1 : 1 / (1 + move));
    c.tangent = option.on_index
                    ? (here.price - shocked * here.delta) / (1 + move) * (1 / end - 1 / r.forward)
                    : here.delta * (end - r.forward) / option.index;
    return c;
  }
  // Of what the option is worth now: anchored, it goes with its mark.
  Change change_of_now(const Point& here, double end) const {
    if (!into.anchored) return change(here, end, 0, r.vol * r.root);
    const double straight = option.on_index ? 0 : option.mark * (end - r.forward) / option.index;
    return Change{straight, straight};
  }
  void add(double move, const Shock& shock) {
    const double base = std::max(r.vol, shock.floor),
                 lowest = std::max(into.volatility_low, shock.floor),
                 highest = std::max(into.volatility_high, shock.floor);
    const double total_vol = base * shock.now;
    const Point here = at(terms(), r.forward * (1 + move), total_vol);
    const Change fall = change(here, into.forward_low, move, total_vol),
                 rise = change(here, into.forward_high, move, total_vol);
    into.fall_long.push_back(fall.tangent - now_fall.chord);
    into.fall_short.push_back(fall.chord - now_fall.tangent);
    into.rise_long.push_back(rise.tangent - now_rise.chord);
    into.rise_short.push_back(rise.chord - now_rise.tangent);
    const double strike = terms().strike.approx();
    const Span k{options::log_moneyness(into.forward_low * (1 + move), strike),
                 options::log_moneyness(into.forward_high * (1 + move), strike)};
    const double vega =
        per_vega * density_most(d1_over(k, {lowest * shock.later, highest * shock.now}));
    // A base on its floor loses nothing as volatility falls; above it the straight line counts as
    // if there were none.
    into.volatility_long.push_back(
        r.vol > shock.floor ? vega * shock.now * (r.vol - into.volatility_low) : 0);
    into.volatility_short.push_back(vega * shock.now * (highest - base));
    into.time_long.push_back(vega * highest * shock.decay);
  }
};

// Vega and delta of what the option is worth now, at most and at least within the reach.
void bound_now(const Lines& lines, OptionReach& into) {
  const Reach& r = lines.r;
  const double strike = lines.terms().strike.approx();
  const Span k{options::log_moneyness(into.forward_low, strike),
               options::log_moneyness(into.forward_high, strike)};
  const Span d1s = d1_over(k, {into.volatility_low * r.root_low, into.volatility_high * r.root});
  const double now_vega = into.anchored ? 0 : lines.per_vega * density_most(d1s);
  into.now_fall_short = now_vega * r.root * (r.vol - into.volatility_low);
  into.now_rise_long = now_vega * r.root * (into.volatility_high - r.vol);
  into.now_time_short = now_vega * into.volatility_high * (r.root - r.root_low);
  const auto distribution = [](double x) { return 0.5 * std::erfc(-x * kRootHalf); };
  const double put = lines.terms().type == OptionType::put ? 1 : 0;
  into.delta_low = distribution(d1s.low) - put;
  into.delta_high = distribution(d1s.high) - put;
}

}  // namespace

Result<void> option_reach(const ScenarioRule& rule, const HeldOption& option,
                          const ScenarioReach& reach, OptionReach& into) {
  const margin::RiskLeg& leg = option.leg;
  CHECK(leg.option && leg.years && *leg.years > 0 && leg.forward > 0 && option.index > 0);
  if (!rule.vol_up || !rule.vol_down || !rule.short_vega_power || !rule.long_vega_power ||
      !rule.vol_up_floor)
    return Error{Fault::no_evidence,
                 "options need the volatility shocks, and this rulebook lacks some"};
  const Reach r = reach_of(option, reach, kShortDays / kDaysPerYear, into);
  const bool beyond = r.years * kDaysPerYear >= kShortDays;
  const double power = beyond ? rule.long_vega_power->approx() : rule.short_vega_power->approx();
  if (!(power >= 0 && power <= 0.5))
    return Error{Fault::refused,
                 "a shock whose power lies outside 0 to 0.5: it would not shrink with time"};
  const auto up = [&](double t) {
    return std::sqrt(t) * margin::vol_shock_up(rule.vol_up->approx(), t * kDaysPerYear, power);
  };
  const auto down = [&](double t) {
    return std::sqrt(t) * margin::vol_shock_down(rule.vol_down->approx(), t * kDaysPerYear, power);
  };
  const Shock shocks[] = {{up(r.years), up(into.years_low), rule.vol_up_floor->approx(),
                           up(r.years) - up(into.years_low)},
                          {r.root, r.root_low, 0, r.root - r.root_low},
                          {down(r.years), down(into.years_low), 0, r.root - r.root_low}};

  for (auto* list : {&into.fall_long, &into.fall_short, &into.rise_long, &into.rise_short,
                     &into.volatility_long, &into.volatility_short, &into.time_long})
    list->clear();
  Lines lines{.option = option, .r = r, .into = into, .now_fall = {}, .now_rise = {}};
  const Point now = at(*leg.option, r.forward, r.vol * r.root);
  lines.now_fall = lines.change_of_now(now, into.forward_low);
  lines.now_rise = lines.change_of_now(now, into.forward_high);
  lines.per_vega = option.on_index ? 1 : into.forward_high / option.index;
  const int n = rule.buckets_each_side;
  const double range = rule.price_range.approx();
  for (int i = -n; i <= n; ++i) {
    for (const Shock& shock : shocks) lines.add(range * i / n, shock);
  }
  for (const Rate move : rule.extended_moves) lines.add(move.approx(), shocks[0]);
  bound_now(lines, into);
  return {};
}

}  // namespace delever::watch
