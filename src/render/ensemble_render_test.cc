// Goal: what no run has is shown as missing, never as 0.
#include "render/ensemble_render.h"

#include <gtest/gtest.h>

namespace delever::render {
namespace {

TEST(EnsembleRender, an_outcome_that_no_run_has_is_not_zero) {
  sim::Scenario scenario;
  scenario.name = "spot alone";
  scenario.assets.push_back({.name = "BTC"});
  reports::MechanismRow row{.name = "all", .runs = {{}, {}}, .extras = {}};
  for (sim::RunResult& run : row.runs) run.outcomes = {{"btc_low", 80'000}, {"btc_fall", 0.05}};
  const std::string text = mechanisms_text(scenario, {row});
  EXPECT_NE(text.find("all                       80000      5.00                -  "), text.npos)
      << text;
}

}  // namespace
}  // namespace delever::render
