// Goal: the verdict refuses without evidence, never moves off the base rate for free, and names
// what it lacked.
#include "verdict/verdict.h"

#include <gtest/gtest.h>

namespace delever::verdict {
namespace {

gauges::Reading reading(std::string name, double value, std::optional<std::string> venue = {}) {
  gauges::Reading r;
  r.name = std::move(name);
  r.venue = std::move(venue);
  r.value = value;
  r.state = gauges::State::single_source;
  return r;
}

std::vector<EvidenceItem> items(int passed, int failed) {
  std::vector<EvidenceItem> out;
  for (int i = 0; i < 8; ++i) {
    std::optional<bool> passes;
    if (i < passed)
      passes = true;
    else if (i < passed + failed)
      passes = false;
    out.push_back({"E", "", passes, "", ""});
  }
  return out;
}

TEST(Verdict, fewer_than_six_known_items_are_refused) {
  const Verdict v = decide(items(5, 0), {});
  EXPECT_EQ(v.answer, Answer::cannot_tell);
  EXPECT_FALSE(v.probability);
  EXPECT_NE(v.reason.find("5 of 8"), v.reason.npos);
}

TEST(Verdict, cancelling_items_leave_the_base_rate) {
  VerdictRules rules;
  rules.weights.fill(0.5);
  EXPECT_NEAR(*decide(items(3, 3), rules).probability, 0.467, 1e-12);
  EXPECT_LT(*decide(items(8, 0), rules).probability, 0.05);
  EXPECT_EQ(decide(items(8, 0), rules).answer, Answer::cleared);
  EXPECT_EQ(decide(items(0, 8), rules).answer, Answer::not_cleared);
  EXPECT_EQ(decide(items(0, 8), {}).answer,
            Answer::cannot_tell);  // weights at their prior mean: nobody has earned more
}

TEST(Evidence, is_read_from_readings_or_named_as_missing) {
  std::vector<gauges::Reading> now{reading("funding_annual", 0.03, "binance"),
                                   reading("funding_annual", 0.04, "okx"),
                                   reading("oi_coins", 90),
                                   reading("oi_change_24h_coins", -20),
                                   reading("liq_dominance_osc", 0.1),
                                   reading("liq_dominance_osc_ma30", 0.2)};
  auto found = evidence(now, {reading("liq_dominance_osc_ma30", 0.3)}, {});
  ASSERT_EQ(found.size(), 8u);
  EXPECT_FALSE(found[0].passes);
  EXPECT_NE(found[0].reason.find("2 of 3"), std::string::npos);
  EXPECT_EQ(found[1].passes, true);
  EXPECT_EQ(found[2].passes, true);
  EXPECT_FALSE(found[4].passes);
  now.push_back(reading("funding_annual", 0.06, "bybit"));
  EXPECT_EQ(evidence(now, {}, {})[0].passes, false);
  EXPECT_FALSE(evidence(now, {}, {})[2].passes);
}

}  // namespace
}  // namespace delever::verdict
