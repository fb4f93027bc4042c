#include "cascade/cascade_path.h"

#include <algorithm>
#include <cmath>

namespace delever::cascade {
namespace {

Result<void> check(const PathInput& input, const PathRules& r) {
  const auto share = [](double x) { return x >= 0 && x <= 1; };
  if (!(r.step_s > 0) || !(r.duration_s >= r.step_s) || !(r.duration_s / r.step_s <= 1e7) ||
      !(r.resilience_half_life_s > 0) || !(r.vol_half_life_s > 0) || !(r.engine_share > 0) ||
      !(r.volume_pace > 0) || !(r.maker_withdrawal >= 0) || !(r.depth_floor > 0) ||
      !share(r.depth_floor) || !share(r.permanent_share))
    return Error{Fault::refused, "a path needs positive times and shares between 0 and 1"};
  const Arbitrage& a = input.arbitrage;
  if (!(a.coins >= 0) || !(a.cost >= 0) || !(a.width > 0) || !share(a.transmit))
    return Error{Fault::refused,
                 "arbitrage needs coins and a cost of 0 or more, a width, and a share transmitted"};
  if (!std::isfinite(input.shock) || input.shock < 0)
    return Error{Fault::refused, "a shock is a displacement of 0 or more"};
  if (r.permanent_share > 0 && !(input.market.depth > 0))
    return Error{Fault::refused, "a permanent part needs a depth"};
  return {};
}

double signed_impact(const Impact& impact, double volume) {
  return volume < 0 ? -impact.at(-volume) : impact.at(volume);
}

double busiest(const std::vector<PathStep>& steps, double window_s) {
  double most = 0;
  size_t from = 0;
  for (const PathStep& step : steps) {
    while (steps[from].t_s < step.t_s - window_s) ++from;
    most = std::max(most, step.liquidated - (from == 0 ? 0 : steps[from].liquidated));
  }
  return most;
}

}  // namespace

Result<CascadePath> cascade_path(const PathInput& input, const PathRules& rules) {
  if (auto checked = check(input, rules); !checked.has_value()) return std::move(checked.error());
  const Impact still = TRY(Impact::of(input.market));
  const double end = std::min(
      {input.liquidations.end(), input.stops.end(), input.dealers.end(), input.dip_buyers.end()});
  const double dt = rules.step_s, depth = input.market.depth * input.market.depth_multiplier;
  const double kept = std::exp2(-dt / rules.resilience_half_life_s);
  const double vol_kept = std::exp2(-dt / rules.vol_half_life_s);
  const double engine =
      rules.engine_share * rules.volume_pace * input.market.volume_day * dt / 86'400;
  const double zeta = rules.permanent_share > 0 ? rules.permanent_share / depth : 0;
  const double calm = input.market.sigma_day * input.market.sigma_day;

  CascadePath path;
  double furthest = 0, dealt = 0, hedged = 0, permanent = 0, variance = calm;
  PathStep now{.y = input.shock, .y_index = input.shock, .depth = depth};
  double before = 0;
  const auto count = static_cast<size_t>(rules.duration_s / dt);
  for (size_t i = 0; i < count; ++i) {
    if (now.y >= end) {
      path.reached_end = true;
      break;
    }
    double q = 0;
    if (now.y > furthest) {
      now.queue += input.liquidations.total(now.y) - input.liquidations.total(furthest);
      q += input.stops.total(now.y) - input.stops.total(furthest);
      q += input.dip_buyers.total(now.y) - input.dip_buyers.total(furthest);
      furthest = now.y;
    }
    const double released = std::min(now.queue, engine);
    now.queue -= released;
    now.liquidated += released;
    const double dealers = input.dealers.total(now.y);
    q += released + dealers - dealt;
    dealt = dealers;
    if (input.arbitrage.coins > 0) {
      const double basis = now.y - now.y_index, size = std::abs(basis) - input.arbitrage.cost;
      const double wanted = std::copysign(
          input.arbitrage.coins * std::clamp(size / input.arbitrage.width, 0.0, 1.0), basis);
      q -= wanted - hedged;
      hedged = wanted;
    }
    now.excess = now.excess * kept + q;
    permanent += zeta * q;

    const double move = now.y - before;
    before = now.y;
    variance = vol_kept * variance + (1 - vol_kept) * move * move * 86'400 / dt;
    const double excited = std::max(0.0, std::sqrt(variance / calm) - 1);
    const double left = std::max(rules.depth_floor, std::exp(-rules.maker_withdrawal * excited));
    now.depth = depth * left;
    Impact impact = still;
    if (rules.maker_withdrawal > 0) {
      ImpactMarket thinned = input.market;
      thinned.depth_multiplier *= left;
      impact = TRY(Impact::of(thinned));
    }
    now.y = input.shock + permanent + signed_impact(impact, now.excess);
    now.y_index = input.shock + signed_impact(impact, input.arbitrage.transmit * hedged);
    now.t_s = static_cast<double>(i + 1) * dt;
    path.steps.push_back(now);
    if (now.y > path.y_peak) {
      path.y_peak = now.y;
      path.t_peak_s = now.t_s;
    }
  }
  if (path.reached_end) path.y_peak = std::max(path.y_peak, end);
  path.liquidated = now.liquidated;
  path.still_queued = now.queue;
  if (now.liquidated > 0) path.busiest_40_min = busiest(path.steps, 2400) / now.liquidated;
  return path;
}

}  // namespace delever::cascade
