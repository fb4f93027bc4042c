// Goal: on invented flush days that come with the repository: answers, refusals, degraded models,
// other coins, given weights, and no look ahead.
#include "verdict/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "base/source_root.h"
#include "verdict/record.h"
#include "verdict/setup.h"
#include "verdict/table.h"

namespace delever::verdict {
namespace {

const std::vector<FlushDay>& fixture() {
  static const std::vector<FlushDay> days = [] {
    std::ifstream in(source_root() + "/fixtures/verdict/record.csv");
    std::stringstream text;
    text << in.rdbuf();
    return read_flush_days(read_csv(text.str(), "record.csv").value()).value();
  }();
  return days;
}

Instant day_of(const char* text) { return Instant::parse(text).value(); }

FlushDay one_day(const std::string& asset, const char* day, double interest, double funding) {
  FlushDay out;
  out.asset = asset;
  out.day = day_of(day);
  out.interest_change.value = interest;
  out.funding_change.value = funding;
  return out;
}

TEST(Judge, fixture_is_judged_by_earlier_days_alone) {
  const std::vector<Judged> record = judge(fixture(), {});
  ASSERT_EQ(record.size(), 60u);
  size_t answered = 0;
  for (size_t i = 0; i < record.size(); ++i) {
    const Judged alone =
        judge_day(fixture()[i], fixture(), {});  // later days are there, and unused
    EXPECT_EQ(alone.probability, record[i].probability) << i;
    EXPECT_EQ(alone.refusal, record[i].refusal) << i;
    EXPECT_EQ(alone.provisional, record[i].provisional) << i;
    answered += record[i].probability.has_value();
    if (record[i].probability) {
      EXPECT_GE(record[i].past_days, 20u);
      EXPECT_LT(record[i].interval.low, *record[i].probability);
      EXPECT_GT(record[i].interval.high, *record[i].probability);
    }
  }
  EXPECT_GT(answered, 30u);
  // The first coins' 20 complete days: with open interest missing on one of them, and 8 days to
  // wait.
  EXPECT_NE(record[19].refusal.find("complete past flush days"), std::string::npos);
}

TEST(Judge, missing_items_are_refused_or_degrade) {
  FlushDay day = one_day("BTC", "2022-08-01", -0.05, 0.02);
  const Judged full = judge_day(day, fixture(), {});
  ASSERT_TRUE(full.probability);
  EXPECT_EQ(full.model, Model::interest_and_funding);
  EXPECT_TRUE(full.would_be.empty());

  FlushDay no_funding = day;
  no_funding.funding_change = {std::nullopt, "", "two days are missing"};
  const Judged degraded = judge_day(no_funding, fixture(), {});
  ASSERT_TRUE(degraded.probability);
  EXPECT_EQ(degraded.model, Model::interest);
  EXPECT_NE(degraded.remarks.at(0).find("two days are missing"), std::string::npos);

  FlushDay no_interest = day;
  no_interest.interest_change = {std::nullopt, "", "none of the day"};
  const Judged refused = judge_day(no_interest, fixture(), {});
  EXPECT_FALSE(refused.probability);
  EXPECT_EQ(refused.answer, Answer::cannot_tell);
  EXPECT_NE(refused.refusal.find("none of the day"), std::string::npos);
  ASSERT_EQ(refused.would_be.size(), 5u);
  for (const Conditional& one : refused.would_be) {
    FlushDay assumed = day;
    assumed.interest_change.value = std::log1p(one.assumed);
    EXPECT_NEAR(one.probability, *judge_day(assumed, fixture(), {}).probability, 1e-12);
  }

  FlushDay hole = day;
  hole.hole_in_prices = true;
  const Judged path = judge_day(hole, fixture(), {});
  EXPECT_FALSE(path.probability);
  EXPECT_NE(path.refusal.find("hole"), std::string::npos);
  EXPECT_TRUE(path.would_be.empty());  // open interest would not decide it
}

// In units of its own movement, by weights of BTC and ETH; the raw changes are never used.
TEST(Judge, other_coins_are_carried_over) {
  FlushDay day = one_day("SOL", "2022-08-01", -0.5, -0.5);
  const Judged without = judge_day(day, fixture(), {});
  EXPECT_FALSE(without.probability);
  EXPECT_NE(without.refusal.find("own movement"), std::string::npos);
  day.own_interest_change.value = -1;
  day.own_funding_change.value = 0.5;
  const Judged with = judge_day(day, fixture(), {});
  ASSERT_TRUE(with.probability);
  EXPECT_TRUE(with.carried_over);
  EXPECT_EQ(with.model, Model::own_movement);
  day.interest_change.value = 0.5;
  EXPECT_EQ(judge_day(day, fixture(), {}).probability, with.probability);
  // A record of other coins alone has nothing to learn from.
  std::vector<FlushDay> strangers = fixture();
  for (FlushDay& one : strangers) one.asset = "XRP";
  EXPECT_FALSE(judge_day(day, strangers, {}).probability);
}

TEST(Judge, given_weights_stand_in_only_after_their_time) {
  VerdictRules rules;
  rules.given =
      GivenWeights{.source = "a study", .known = day_of("2025-01-01"), .days = 100, .waves = 60};
  GivenWeights::OfModel of{.model = Model::interest_and_funding};
  of.fit.weights = {1, 0, 0, 2, 0};
  for (size_t i = 0; i < kMostTerms; ++i) of.fit.covariance[i][i] = 0.01;
  rules.given->models.push_back(of);
  rules.given->bands = {{Answer::cleared, 10, 1}};
  const Judged early = judge_day(one_day("BTC", "2024-12-31", -0.2, 0), {}, rules);
  EXPECT_FALSE(early.probability);
  const Judged late = judge_day(one_day("BTC", "2025-01-01", -0.2, 0), {}, rules);
  ASSERT_TRUE(late.probability);
  EXPECT_TRUE(late.given);
  EXPECT_NEAR(*late.probability, probability_of(1 - 4), 1e-12);
  EXPECT_EQ(late.answer, Answer::cleared);
  EXPECT_EQ(late.provisional, "");  // 1 of 10 excludes the base rate of 60 %
  rules.given->bands = {{Answer::cleared, 2, 1}};
  EXPECT_NE(judge_day(one_day("BTC", "2025-01-01", -0.2, 0), {}, rules).provisional, "");
  // With a past of its own it is not asked.
  EXPECT_FALSE(judge_day(one_day("BTC", "2025-06-01", -0.2, 0), fixture(), rules).given);
}

TEST(Judge, a_claim_supposed_to_be_true) {
  FlushDay day = one_day("BTC", "2022-08-01", 0, -0.1);
  day.funding.value = 0.02;
  const auto higher = suppose(day, {.funding = 0.5}, fixture(), {});
  ASSERT_TRUE(higher && higher->probability);
  EXPECT_GT(*higher->probability, *judge_day(day, fixture(), {}).probability);
  FlushDay asked = day;
  asked.funding_change.value = -0.1 + 0.48;
  EXPECT_NEAR(*higher->probability, *judge_day(asked, fixture(), {}).probability, 1e-12);
  day.funding_change.value.reset();
  EXPECT_FALSE(suppose(day, {.funding = 0.5}, fixture(), {}));
  const auto fallen = suppose(day, {.interest_change = -0.2}, fixture(), {});
  ASSERT_TRUE(fallen && fallen->probability);
  EXPECT_LT(*fallen->probability, *judge_day(day, fixture(), {}).probability);
}

// Verdicts that say the opposite of what comes, long enough: the switch goes, and says so.
TEST(Standing, a_verdict_without_skill_switches_itself_off) {
  std::vector<Judged> record;
  for (int i = 0; i < 60; ++i) {
    Judged one;
    one.day = one_day("BTC", "2021-01-01", 0, 0);
    one.day.day = one.day.day + Duration::days(20 * i);
    one.day.wave = i % 2 == 0;
    one.probability = i % 2 == 0 ? 0.2 : 0.8;
    one.base_rate = 0.5;
    record.push_back(one);
  }
  const Standing wrong = standing(record, {});
  EXPECT_TRUE(wrong.switched_off);
  EXPECT_NE(wrong.words.find("OFF"), std::string::npos);
  for (Judged& one : record) one.probability = 1 - *one.probability;
  EXPECT_FALSE(standing(record, {}).switched_off);
  // Only the last forty count.
  for (size_t i = 0; i < 20; ++i) record[i].probability = 1 - *record[i].probability;
  EXPECT_FALSE(standing(record, {}).switched_off);
  EXPECT_FALSE(standing(std::span(record).first(39), {}).switched_off);
}

TEST(Wilson, known_intervals) {
  EXPECT_NEAR(wilson(1, 11, .95).low, .0162, 1e-3);
  EXPECT_NEAR(wilson(1, 11, .95).high, .3774, 1e-3);
  EXPECT_EQ(wilson(0, 5, .8).low, 0);
  EXPECT_EQ(wilson(5, 5, .8).high, 1);
}

TEST(Setup, shipped_rules_are_the_defaults) {
  const Config config = Config::load(source_root() + "/rules/verdict-2026-01-31.toml").value();
  const auto loaded = Setup::load(config, "rules");
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  const VerdictRules& a = loaded.value().verdict;
  const VerdictRules b;
  EXPECT_EQ(a.cleared_below, b.cleared_below);
  EXPECT_EQ(a.not_cleared_from, b.not_cleared_from);
  EXPECT_EQ(a.past_days_min, b.past_days_min);
  EXPECT_EQ(a.switch_days, b.switch_days);
  EXPECT_EQ(loaded.value().event.price_deviations, EventRules().price_deviations);
  EXPECT_EQ(loaded.value().event.wave_share, EventRules().wave_share);
}

}  // namespace
}  // namespace delever::verdict
