// How a simulated run looks as text, JSON and a page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "render/json.h"
#include "sim/simulation.h"

namespace delever::render {

// Quarters of an hour that each hold 4 % of all that was liquidated, joined where they touch.
struct LiquidationWave {
  Instant from, to;
  double usd = 0, price_from = 0, price_to = 0;
};
std::vector<LiquidationWave> liquidation_waves(const sim::AssetOutcome& asset);

struct ReproduceCheck {  // what the scenario says must come out
  const sim::Reproduce* wanted;
  std::optional<double> got;
  bool holds() const { return got && *got >= wanted->low && *got <= wanted->high; }
};
std::vector<ReproduceCheck> reproduce_checks(const sim::Scenario& scenario,
                                             const sim::Outcome& outcome);
// How far the figure is from where its check would turn: "fails if it falls by 2.1M"; empty where
// there is no figure.
std::string margin_of(const ReproduceCheck& check);
std::string population_name(size_t kind);

std::string price_text(double usd);
// Or it is traded on spot alone, as a coin that serves as collateral.
bool has_perpetual(const sim::Scenario& scenario, const sim::AssetOutcome& asset);
std::string simulate_text(const sim::Scenario& scenario, const sim::Outcome& outcome);
Json simulate_json(const sim::Scenario& scenario, const sim::Outcome& outcome);
std::string simulate_html(const sim::Scenario& scenario, const sim::Outcome& outcome);

}  // namespace delever::render
