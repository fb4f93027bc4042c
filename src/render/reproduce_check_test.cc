// A check of a scenario says what it would take to fail it.
#include "render/simulate_render.h"

#include <gtest/gtest.h>

namespace delever::render {
namespace {

std::string margin(const std::string& outcome, double low, double high, std::optional<double> got) {
  const sim::Reproduce wanted{.outcome = outcome, .low = low, .high = high, .source = "ours"};
  return margin_of({&wanted, got});
}

TEST(ReproduceCheck, SaysTheNearestWayToFail) {
  EXPECT_EQ(margin("btc_low", 100, 200, 120.0), "fails if it falls by more than 20");
  EXPECT_EQ(margin("btc_low", 100, 200, 190.0), "fails if it rises by more than 10");
  EXPECT_EQ(margin("btc_low", 100, 200, 90.0), "10 too low");
  EXPECT_EQ(margin("btc_low", 100, 200, 205.0), "5 too high");
  EXPECT_EQ(margin("btc_low", 100, 200, std::nullopt), "");
}

TEST(ReproduceCheck, AnEndThatCannotBePassedIsNoWayToFail) {
  // A share is never below 0 nor above 1.
  EXPECT_EQ(margin("btc_long_share_24h", 0, 0.25, 0.0), "fails if it rises by more than 0.25");
  EXPECT_EQ(margin("btc_long_share_24h", 0.5, 1, 1.0), "fails if it falls by more than 0.5");
  EXPECT_EQ(margin("btc_long_share_24h", 0, 1, 0.5), "no value of it fails");
  EXPECT_EQ(margin("btc_funding_annual_min", 0, 1, 0.25), "fails if it falls by more than 0.25");
}

}  // namespace
}  // namespace delever::render
