#include "sim/ensemble/control.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace delever::sim {

Result<std::optional<CascadeControl>> CascadeControl::of(const Scenario& scenario, uint32_t asset,
                                                         uint64_t seed, const Switches& switches) {
  CHECK(scenario.shock);
  const AssetSetup& a = scenario.assets[asset];
  double move = 0;
  for (const PathPoint& p : a.path) {
    if (std::abs(std::log(p.level)) > std::abs(move)) move = std::log(p.level);
  }
  if (move == 0) return std::optional<CascadeControl>();
  const bool falls = move < 0;
  const auto simulation = TRY(Simulation::open(scenario, {.seed = seed, .switches = switches}));
  std::vector<cascade::FlowCurve::Mass> masses;
  double stops = 0, liquidations = 0;
  simulation->each_start([&](const StartPosition& p) {
    if (p.asset != asset || (p.coins > 0) != falls) return;
    const double size = std::abs(p.coins), side = falls ? 1 : -1;
    const auto add = [&](double loss, double coins) {  // at this loss, a fraction of the entry
      const double price = p.entry * (1 - side * loss);
      if (price <= 0) return 0.0;
      const double y = -side * std::log(price / a.start);
      masses.push_back({y, coins});
      return coins;
    };
    if (p.stop) {  // somewhere between its ends, evenly: eight places
      for (int k = 0; k < 8; ++k)
        stops +=
            add((p.stop_from + (p.stop_to - p.stop_from) * (k + 0.5) / 8) / p.leverage, size / 8);
    } else {  // a long is liquidated at entry (1 - margin) / (1 - maintenance), a short at (1 +
              // margin) / (1 + ...)
      liquidations += add(side * (1 - (1 - side * p.margin) / (1 - side * p.maintenance)), size);
    }
  });
  const double largest = std::abs(move) * scenario.shock->factor(5);
  auto flow = TRY(
      cascade::FlowCurve::of_masses(masses, {.width = 0.0005, .end = std::max(0.1, 4 * largest)}));
  double density = 0, concave_from = 0;
  for (const MakerSetup& m : scenario.makers) {
    if (m.asset != asset) continue;
    concave_from = m.concave_from;
    for (const VenueSetup& v : scenario.venues) {
      const bool listed = std::any_of(v.listings.begin(), v.listings.end(),
                                      [&](const ListingSetup& l) { return l.asset == asset; });
      if (!listed || v.role == VenueRole::options) continue;
      density += m.slope() * (v.role == VenueRole::spot ? m.spot_depth_usd : m.depth_usd) *
                 v.share / a.start / 0.01;
    }
  }
  // The makers' own impact: c^2 = 2 concave_from / ((sqrt 2 - 1) D); a linear one is concave from
  // beyond the curves.
  const double from = concave_from > 0 ? concave_from : 10 * flow.end();
  const double c2 = 2 * from / ((std::sqrt(2.0) - 1) * density);
  const auto impact =
      TRY(cascade::Impact::of({.sigma_day = 0.01, .volume_day = 1e-4 / c2, .depth = density}));
  CascadeControl control(impact, std::move(flow), *scenario.shock);
  control.move_ = move;
  control.stops_ = stops;
  control.liquidations_ = liquidations;
  // Mean over the normal law: the middles of 4,000 stretches of equal chance.
  constexpr int kPoints = 4000;
  double sum = 0;
  for (int k = 0; k < kPoints; ++k) sum += control.at(normal_quantile((k + 0.5) / kPoints));
  control.mean_ = sum / kPoints;
  return std::optional(std::move(control));
}

double CascadeControl::at(double z) const {
  const double eps = std::abs(move_) * shock_.factor(z);
  const auto rest = cascade::equilibrium(impact_, flow_, std::min(eps, flow_.end()));
  const double y = rest.has_value() ? rest.value().y : flow_.end();
  return move_ < 0 ? 1 - std::exp(-y) : std::exp(y) - 1;
}

}  // namespace delever::sim
