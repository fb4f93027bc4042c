// Goal: the published examples, and what every policy must keep: the budget to the unit, nobody
// below zero, no reward for order of arrival or for splitting an account.
#include "exchange/adl.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random.h"

namespace delever::exchange {
namespace {

constexpr int64_t kUnit = 1'000'000;

std::vector<AdlCandidate> candidates(std::vector<double> capacity, std::vector<double> caps = {}) {
  std::vector<AdlCandidate> out;
  for (size_t i = 0; i < capacity.size(); ++i) {
    AdlCandidate c{.account = static_cast<uint32_t>(i),
                   .capacity = static_cast<int64_t>(capacity[i] * kUnit),
                   .rank = capacity[i],
                   .weight = capacity[i]};
    if (!caps.empty()) c.cap = Rate::nearest(caps[i]).value();
    out.push_back(c);
  }
  return out;
}

int64_t sum(const std::vector<int64_t>& v) {
  return std::accumulate(v.begin(), v.end(), int64_t{0});
}

// Profits (8, 4, 0.5) of equities (10, 5, 1), deficit to share 8 and 5.
TEST(Adl, known_answers) {
  const auto w = candidates({8, 4, 0.5});
  EXPECT_EQ(share_deficit(AdlPolicy::queue, w, 8 * kUnit).taken,
            (std::vector<int64_t>{8 * kUnit, 0, 0}));
  const AdlShare pro_rata = share_deficit(AdlPolicy::pro_rata, w, 5 * kUnit);
  EXPECT_DOUBLE_EQ(*pro_rata.water_level, 0.4);
  EXPECT_EQ(pro_rata.taken, (std::vector<int64_t>{3'200'000, 1'600'000, 200'000}));
  const AdlShare capped =
      share_deficit(AdlPolicy::capped_pro_rata, candidates({8, 4, 0.5}, {0.3, 0.9, 1}), 5 * kUnit);
  EXPECT_NEAR(*capped.water_level, 0.57777777, 1e-8);
  EXPECT_EQ(capped.taken[0], 2'400'000);
  EXPECT_EQ(sum(capped.taken), 5 * kUnit);
}

// The largest total that a share of profits can take is less under a queue: it takes the first
// account's whole profit. Gap between the largest shares, pro-rata against queue, when the budget
// is within the first profit: theta (1 - w1/U).
TEST(Adl, queue_concentrates) {
  const auto w = candidates({8, 4, 0.5});
  const int64_t budget = 5 * kUnit;
  const auto queue = share_deficit(AdlPolicy::queue, w, budget),
             even = share_deficit(AdlPolicy::pro_rata, w, budget);
  const double gap =
      static_cast<double>(queue.taken[0] - even.taken[0]) / static_cast<double>(budget);
  EXPECT_NEAR(gap, 1 - 8 / 12.5, 1e-6);
}

// Stated as a fractional knapsack, taking w = (1, 1) of weights (2, 1) with budget 1 is worth 2
// greedily, 5/3 by weights.
TEST(Adl, greedy_is_the_optimum_of_its_own_problem) {
  auto c = candidates({1, 1});
  c[0].weight = 2;
  c[1].weight = 1;
  const auto value = [&](const AdlShare& s) {
    return (static_cast<double>(s.taken[0]) * 2 + static_cast<double>(s.taken[1])) / kUnit;
  };
  EXPECT_DOUBLE_EQ(value(share_deficit(AdlPolicy::greedy, c, kUnit)), 2.0);
  EXPECT_NEAR(value(share_deficit(AdlPolicy::risk_weighted, c, kUnit)), 5.0 / 3, 1e-6);
}

TEST(Adl, every_policy_keeps_the_budget_to_the_unit) {
  Random random(9, {});
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<AdlCandidate> c(1 + random.below(12));
    int64_t possible = 0, capped_possible = 0, weighted_possible = 0;
    for (size_t i = 0; i < c.size(); ++i) {
      c[i] = {.account = static_cast<uint32_t>(i),
              .capacity = static_cast<int64_t>(random.below(1'000'000)),
              .rank = random.uniform(),
              .cap = Rate::nearest(random.uniform()).value(),
              .weight = random.chance(0.2) ? 0 : random.uniform()};
      const int64_t most = narrow(static_cast<Wide>(c[i].capacity) * c[i].cap.raw() / Rate::scale);
      possible += c[i].capacity;
      capped_possible += most;
      weighted_possible += c[i].weight > 0 ? most : 0;
    }
    const int64_t budget = static_cast<int64_t>(random.below(8'000'000));
    for (AdlPolicy policy : {AdlPolicy::queue, AdlPolicy::pro_rata, AdlPolicy::capped_pro_rata,
                             AdlPolicy::risk_weighted, AdlPolicy::greedy}) {
      const AdlShare share = share_deficit(policy, c, budget);
      const int64_t most = policy == AdlPolicy::capped_pro_rata ? capped_possible
                           : policy == AdlPolicy::risk_weighted ? weighted_possible
                                                                : possible;
      ASSERT_GE(share.total, std::min(budget, most) - 1) << static_cast<int>(policy);
      ASSERT_LE(share.total, budget);
      ASSERT_EQ(sum(share.taken), share.total);
      for (size_t i = 0; i < c.size(); ++i) {
        ASSERT_GE(share.taken[i], 0);
        ASSERT_LE(share.taken[i], c[i].capacity);
      }
      std::vector<AdlCandidate> reversed(c.rbegin(), c.rend());
      AdlShare other = share_deficit(policy, reversed, budget);
      std::reverse(other.taken.begin(), other.taken.end());
      ASSERT_EQ(other.taken, share.taken);
    }
  }
}

TEST(Adl, splitting_an_account_gains_nothing_under_pro_rata) {
  const auto whole = share_deficit(AdlPolicy::pro_rata, candidates({8, 4}), 3 * kUnit);
  const auto split = share_deficit(AdlPolicy::pro_rata, candidates({5, 3, 4}), 3 * kUnit);
  EXPECT_NEAR(static_cast<double>(whole.taken[0]),
              static_cast<double>(split.taken[0] + split.taken[1]), 1);
}

}  // namespace
}  // namespace delever::exchange
