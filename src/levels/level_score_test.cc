#include "levels/level_score.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "statistics/counts_testing.h"

namespace delever::levels {
namespace {

using namespace statistics::fixture;

HeldOut season(double days, double skill) {
  HeldOut h;
  h.days = days;
  Random random(59, {});
  for (int i = 0; i < static_cast<int>(days * 48); ++i) {
    const double mean = std::exp(1 + skill * random.normal());
    h.outcomes.push_back(binomial_draw(random, mean, 3));
    h.tail_thresholds.push_back(20);
    h.levels.push_back({mean, 3});
    h.climatology.push_back({std::exp(1 + skill * skill / 2), 1});
    h.regression.push_back({std::exp(1 + skill * skill / 2), 1.5});
    h.fixed_menu.push_back({2 * mean, 1});
  }
  return h;
}

TEST(LevelVerdict, PublishesOnlyWithSkillAndEnoughDays) {
  const LevelVerdict good = judge_levels(season(31, 1), 1).value();
  EXPECT_TRUE(good.publish) << (good.failed.empty() ? "" : good.failed[0]);
  EXPECT_LT(good.against_regression->p, 0.01);
  EXPECT_GE(good.coverage_90, 0.85);
  const LevelVerdict few_days = judge_levels(season(20, 1), 1).value();
  ASSERT_FALSE(few_days.publish);
  EXPECT_EQ(few_days.failed[0], "20.0 held-out days of 30");
  HeldOut none = season(31, 1);
  none.regression = none.levels;
  const LevelVerdict equal = judge_levels(none, 1).value();
  ASSERT_FALSE(equal.publish);
  EXPECT_NE(equal.failed[0].find("against the regression"), std::string::npos) << equal.failed[0];
  EXPECT_EQ(judge_levels({}, 1).error().fault, Fault::no_evidence);
}

}  // namespace
}  // namespace delever::levels
