#include "levels/level_truth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "levels/levels.h"
#include "margin/rulebooks_testing.h"

namespace delever::levels {
namespace {

using namespace margin::fixture;

TEST(TrueLevel, IsTheVenuesPrice) {
  margin::Rulebooks books;
  const margin::BookId id = books.add(book("binance", "BTCUSDT")).value();
  // The README's worked position: 2 BTC at 84,250, 20x.
  const HeldPosition isolated{.coins = 2, .entry = 84'250, .leverage = 20};
  EXPECT_NEAR(*true_level(isolated, books[id]).value().price, 80'358.93574, 1e-4);
  // On cross, the wallet is what stands behind it: the same one, the same price; twice as much,
  // further away.
  HeldPosition cross = isolated;
  cross.mode = MarginMode::cross;
  EXPECT_EQ(true_level(cross, books[id]).error().fault, Fault::no_evidence);
  cross.wallet = 8425;
  EXPECT_NEAR(*true_level(cross, books[id]).value().price, 80'358.93574, 1e-4);
  cross.wallet = 16'850;
  EXPECT_NEAR(*true_level(cross, books[id]).value().price, (168'500 - 16'850) / 2 / 0.996, 1e-4);
  cross.wallet = 1e6;
  EXPECT_FALSE(true_level(cross, books[id]).value().price);
  EXPECT_EQ(true_level({.coins = 0, .entry = 1}, books[id]).error().fault, Fault::malformed);
}

TEST(LevelDistance, KnownAnswers) {
  const double mark = 100;
  const auto at = [&](double y, double coins) { return LevelMass{mark * std::exp(y), coins}; };
  const std::vector<LevelMass> truth{at(-0.05, 10), at(0.02, 10)};
  auto d = level_distance(truth, truth, mark);
  ASSERT_TRUE(d);
  EXPECT_NEAR(d->shape, 0, 1e-12);
  EXPECT_NEAR(d->flow, 0, 1e-12);
  // Scale is not shape; it is flow.
  d = level_distance(std::vector<LevelMass>{at(-0.05, 30), at(0.02, 30)}, truth, mark);
  EXPECT_NEAR(d->shape, 0, 1e-12);
  EXPECT_NEAR(d->flow, 2, 1e-9);
  // Half the mass moved by 0.03.
  d = level_distance(std::vector<LevelMass>{at(-0.08, 10), at(0.02, 10)}, truth, mark);
  EXPECT_NEAR(d->shape, 0.015, 1e-12);
  EXPECT_NEAR(d->flow, 10 * 0.03 / (10 * 0.05 + 10 * 0.08), 1e-9);
  // Beyond reach, nothing is compared.
  EXPECT_FALSE(level_distance(std::vector<LevelMass>{at(-0.2, 10)}, truth, mark));
}

// Wasserstein-1 on a line is the mean distance of sorted points.
TEST(LevelDistance, AgreesWithSortedPairs) {
  Random random(5, {});
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<double> a, b;
    std::vector<LevelMass> p, q;
    for (int i = 0; i < 40; ++i) {
      a.push_back(0.19 * random.uniform() - 0.095);
      b.push_back(0.19 * random.uniform() - 0.095);
      p.push_back({100 * std::exp(a.back()), 3});
      q.push_back({100 * std::exp(b.back()), 7});
    }
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    double mean = 0;
    for (size_t i = 0; i < a.size(); ++i)
      mean += std::abs(a[i] - b[i]) / static_cast<double>(a.size());
    EXPECT_NEAR(level_distance(p, q, 100)->shape, mean, 1e-10);
  }
}

}  // namespace
}  // namespace delever::levels
