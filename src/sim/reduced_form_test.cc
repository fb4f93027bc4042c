// Where the market of agents must be the reduced form of margin/cascade.h: one shock from outside,
// longs whose liquidation prices are spread evenly, makers of constant density who forget nothing,
// and nobody else (scenarios/reduced-form.toml). Both are given the same book: the positions that
// the run wrote down at its start.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/text.h"
#include "cascade/cascade.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

using fixture::Kept;
using fixture::must_run;
using fixture::shipped;

constexpr double kDepth = 4e5;           // coins per unit log, as the scenario's makers quote
constexpr double kMaintenance = 0.0125;  // of the venue's first tier
constexpr double kWidth = 0.0154, kLevels = 154;  // of the grid of liquidation prices

struct Limit {
  double market = 0;   // displacement that the run came to
  double reduced = 0;  // that of the reduced form on the same book
};

double ln_fall(const Outcome& o) { return std::log(o.assets[0].start / o.assets[0].low); }

// `density`: coins of liquidations per unit log.
Limit compare(double density, double shock, const cascade::ImpactMarket& impact) {
  Scenario s = shipped("reduced-form.toml", 1);
  s.retail[0].accounts = static_cast<uint32_t>(density * kWidth + 0.5);
  s.assets[0].path[1].level = s.assets[0].path[2].level = std::exp(-shock);
  const cascade::Impact law = cascade::Impact::of(impact).value();
  s.makers[0].concave_from = impact.volume_day > 1e12 ? 0 : law.at(law.q0());
  Kept kept;
  const Outcome outcome = must_run(s, {.seed = 1, .output = &kept});
  EXPECT_EQ(outcome.shortfall, 0);
  std::vector<cascade::FlowCurve::Mass> masses;
  std::istringstream rows(kept.positions);
  for (std::string row; std::getline(rows, row);) {
    const auto cells = split(row, ',');
    if (cells[0] != "2026-01-05T00:00:01Z" || cells[5] != "long") continue;
    const double entry = read_double(cells[8]).value(), leverage = read_double(cells[9]).value();
    const double price = entry * (1 - 1 / leverage) / (1 - kMaintenance);
    masses.push_back({std::log(s.assets[0].start / price), read_double(cells[7]).value()});
  }
  EXPECT_EQ(masses.size(), s.retail[0].accounts);
  const cascade::FlowCurve flow =
      cascade::FlowCurve::of_masses(masses, {.width = kWidth / kLevels, .end = kWidth}).value();
  return {ln_fall(outcome), cascade::equilibrium(law, flow, shock).value().y};
}

// A volume of a day beyond anything makes the square root irrelevant: I(Q) = Q / D.
constexpr cascade::ImpactMarket kLinear{.sigma_day = 1e6, .volume_day = 1e13, .depth = kDepth};
constexpr cascade::ImpactMarket kSquareRoot{.sigma_day = 0.03, .volume_day = 4e5, .depth = kDepth};

TEST(ReducedForm, OfLinearImpactIsTheMarketsLimit) {
  for (const auto& [r, shock] : {std::pair{0.3, 0.004}, {0.5, 0.004}, {0.9, 0.001}}) {
    const Limit limit = compare(r * kDepth, shock, kLinear);
    EXPECT_NEAR(limit.market / limit.reduced, 1, 0.05)
        << "R " << r << ": " << limit.market << " " << limit.reduced;
  }
}

// Known answer 2 of the cascade: shock .005, Y 1, sigma .03, V = D = 400,000.
TEST(ReducedForm, OfTheFullLawIsTheMarketsLimit) {
  for (const auto& [l, y] :
       {std::pair{1e5, 0.00577556}, {2e5, 0.00629178}, {3.8e5, 0.00704523}, {6e5, 0.00783280}}) {
    const Limit limit = compare(l, 0.005, kSquareRoot);
    EXPECT_NEAR(limit.market / limit.reduced, 1, 0.05)
        << "l " << l << ": " << limit.market << " " << limit.reduced;
    EXPECT_NEAR(limit.market / y, 1, 0.05) << "l " << l;
  }
}

// Without anybody to be liquidated the price goes where the news puts it.
TEST(ReducedForm, WithoutForcedFlowIsTheShockItself) {
  Scenario s = shipped("reduced-form.toml", 1);
  s.retail[0].accounts = 1;
  EXPECT_NEAR(ln_fall(must_run(s, {.seed = 1})), 0.005, 0.00002);
}

}  // namespace
}  // namespace delever::sim
