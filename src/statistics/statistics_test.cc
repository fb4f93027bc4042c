#include "statistics/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/csv.h"
#include "base/random.h"
#include "base/source_root.h"
#include "statistics/bootstrap.h"
#include "statistics/replicates.h"

#include <fstream>
#include <iterator>
#include <numeric>

namespace delever::statistics {
namespace {

constexpr uint64_t kSeed = 7;

std::vector<double> normals(size_t n, uint32_t stream) {
  Random random(kSeed, {stream});
  std::vector<double> x(n);
  for (double& v : x) v = random.normal();
  return x;
}

TEST(Statistics, MomentsByHand) {
  const std::vector<double> x{1, 2, 3, 4, 10};
  EXPECT_DOUBLE_EQ(*mean(x), 4);
  EXPECT_DOUBLE_EQ(*deviation(x), std::sqrt(50.0 / 4));
  // m2 = 10, m4 = (81 + 16 + 1 + 0 + 1296) / 5 = 278.8
  EXPECT_NEAR(*excess_kurtosis(x), 278.8 / 100 - 3, 1e-12);
  EXPECT_DOUBLE_EQ(*median({4, 1, 3}), 3);
  EXPECT_DOUBLE_EQ(*quantile({0, 10}, 0.25), 2.5);
}

TEST(Statistics, WhatHasNoMeaningIsMissing) {
  const std::vector<double> flat(10, 3.0), none;
  EXPECT_FALSE(mean(none));
  EXPECT_FALSE(deviation(std::vector<double>{1}));
  EXPECT_FALSE(excess_kurtosis(flat));
  EXPECT_FALSE(autocorrelation(flat, 1));
  EXPECT_FALSE(regress(flat, flat));
  EXPECT_FALSE(hill(flat, 5));    // no two values differ
  EXPECT_FALSE(hill({1, 2}, 2));  // nothing below the largest two
  EXPECT_FALSE(hill({-1, -2, 0, -3}, 1));
  EXPECT_FALSE(power_exponent(none, none, 3));
}

// A Pareto sample of index a has the Hill estimate a (1 +- 1/sqrt(k)); k = 2000 is within 7 % at
// three deviations.
TEST(Statistics, HillOfParetoIsItsIndex) {
  for (const double index : {0.9, 1.5, 3.0}) {
    Random random(kSeed, {1});
    std::vector<double> x(20'000);
    for (double& v : x) v = std::pow(random.uniform(), -1 / index);
    EXPECT_NEAR(*hill(x, 2000), index, 0.07 * index);
  }
}

// Beside a slow one that sorts.
TEST(Statistics, HillAgreesWithItsPlainTwin) {
  for (uint32_t round = 0; round < 20; ++round) {
    std::vector<double> x = normals(300, 100 + round);
    const size_t k = 5 + round * 3;
    std::vector<double> sorted = x;
    std::sort(sorted.rbegin(), sorted.rend());
    double total = 0;
    for (size_t i = 0; i < k; ++i) total += std::log(sorted[i]) - std::log(sorted[k]);
    EXPECT_NEAR(*hill(x, k), static_cast<double>(k) / total, 1e-9);
  }
}

TEST(Statistics, AutocorrelationOfAr1IsItsPower) {
  for (const double phi : {-0.4, 0.5, 0.9}) {
    Random random(kSeed, {2});
    std::vector<double> x(50'000);
    double now = 0;
    for (double& v : x) v = now = phi * now + random.normal();
    for (const size_t lag : {1U, 2U, 5U})
      EXPECT_NEAR(*autocorrelation(x, lag), std::pow(phi, lag), 0.03);
  }
}

// Student t with 10 degrees of freedom has excess kurtosis 6 / (10 - 4) = 1. The eighth moment is
// finite, so that the estimate converges: its deviation at n = 200,000 is about 0.1.
TEST(Statistics, KurtosisOfStudentT) {
  Random random(kSeed, {3});
  std::vector<double> x(200'000);
  for (double& v : x) {
    double squares = 0;
    for (int i = 0; i < 10; ++i) {
      const double z = random.normal();
      squares += z * z;
    }
    v = random.normal() / std::sqrt(squares / 10);
  }
  EXPECT_NEAR(*excess_kurtosis(x), 1, 0.25);
}

TEST(Statistics, SquareRootImpactHasExponentOneHalf) {
  std::vector<double> size, moved;
  Random random(kSeed, {4});
  for (double q = 1; q < 1e4; q *= 1.5) {
    size.push_back(q);
    moved.push_back(3e-4 * std::sqrt(q) * std::exp(0.02 * random.normal()));
  }
  size.push_back(2e4);
  moved.push_back(-1);  // a group that went the other way is left out
  EXPECT_NEAR(*power_exponent(size, moved, 10), 0.5, 0.01);
  EXPECT_FALSE(power_exponent(size, moved, size.size()));
}

TEST(Statistics, LagsAreSpacedByLogarithm) {
  EXPECT_EQ(spaced_lags(20, 6), (std::vector<size_t>{1, 2, 3, 5, 7, 10, 15}));
  EXPECT_TRUE(spaced_lags(0, 6).empty());
}

// The mean of white noise of n = 400: interval +-1.96 / 20, and blocks of an AR(1) must widen it by
// sqrt((1 + phi) / (1 - phi)) = 3 at phi = 0.8.
TEST(Bootstrap, IntervalOfAMean) {
  const auto width = [](const std::vector<double>& x, size_t block) {
    const Estimate found = block_bootstrap(x.size(),
                                           [&](const Positions& at) -> std::optional<double> {
                                             double total = 0;
                                             for (const size_t i : at) total += x[i];
                                             return total / static_cast<double>(at.size());
                                           },
                                           {.block = block, .replicates = 2000});
    EXPECT_TRUE(*found.low < *found.value && *found.value < *found.high);
    return *found.high - *found.low;
  };
  const std::vector<double> white = normals(400, 5);
  EXPECT_NEAR(width(white, 1), 2 * 1.96 / 20, 0.03);
  Random random(kSeed, {6});
  std::vector<double> memory(4000);
  double now = 0;
  for (double& v : memory) v = now = 0.8 * now + 0.6 * random.normal();  // variance 1
  EXPECT_NEAR(width(memory, 60) / width(memory, 1), 3, 0.5);
}

TEST(Bootstrap, SameDrawsTwiceAndAStatisticThatIsMostlyMissingHasNoInterval) {
  Random a(kBootstrapSeed, {1, 0, 3}), b(kBootstrapSeed, {1, 0, 3});
  Positions once, used(500);  // what the list held before does not matter
  resample(100, 7, a, once);
  resample(100, 7, b, used);
  EXPECT_EQ(once, used);
  Random c(kBootstrapSeed, {1, 0, 3});
  EXPECT_EQ(resampled(100, 7, c), once);
  for (size_t i = 0; i < 100; ++i) {
    if (i % 7 != 0) { EXPECT_EQ(once[i], (once[i - 1] + 1) % 100) << i; }
  }
  std::vector<double> values(100), chosen(1);
  std::iota(values.begin(), values.end(), 0.5);
  choose(values, once, chosen);
  ASSERT_EQ(chosen.size(), 100u);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(chosen[i], static_cast<double>(once[i]) + 0.5);
  EXPECT_EQ(quantile_within(chosen, 0.3), quantile(chosen, 0.3));
  // Read in order they are what each place says, and a line through them is one through copies.
  size_t place = 0;
  for (const size_t i : once) EXPECT_EQ(i, once[place++]);
  EXPECT_EQ(place, 100u);
  std::vector<double> squares, some;
  for (const double v : values) squares.push_back(v * v);
  choose(values, once, chosen);
  choose(squares, once, some);
  const auto copied = regress(chosen, some), in_place = regress_at(values, squares, once);
  ASSERT_TRUE(copied && in_place);
  EXPECT_EQ(copied->slope, in_place->slope);
  EXPECT_EQ(copied->r2, in_place->r2);
  place = 0;
  for (const size_t i : Positions(3)) EXPECT_EQ(i, place++);
  EXPECT_EQ(place, 3u);
  for (const size_t i : Positions(0)) ADD_FAILURE() << i;
  size_t calls = 0;
  const Estimate found = block_bootstrap(
      10, [&](const Positions&) { return calls++ % 2 ? std::nullopt : std::optional(1.0); },
      {.replicates = 50});
  EXPECT_TRUE(found.value);
  EXPECT_FALSE(found.low);
  EXPECT_FALSE(block_bootstrap(0, [](const Positions&) { return std::optional(1.0); }, {}).value);
}

// 10 October 2025 on Hyperliquid, seconds with liquidated and deleveraged rows: the published
// correlation is 0.945.
TEST(Statistics, LiquidationsAndDeleveragingOfOctober) {
  const std::string path = source_root() + "/../shared/hyperliquid/timeline_per_second.csv";
  std::ifstream in(path, std::ios::binary);
  if (!in) GTEST_SKIP() << "absent: ../shared/hyperliquid/timeline_per_second.csv";
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const CsvTable table = read_csv(text, path).value();
  std::vector<double> liquidated, deleveraged;
  for (const CsvRecord& row : table.rows) {
    liquidated.push_back(std::stod(std::string(table.field(row, "rows_dir_liquidated"))));
    deleveraged.push_back(std::stod(std::string(table.field(row, "rows_dir_adl"))));
  }
  EXPECT_NEAR(*correlation(liquidated, deleveraged), 0.945, 0.005);
}

TEST(Statistics, the_middle_by_selection_is_the_middle_by_sorting) {
  EXPECT_EQ(middle_of({7}), 7);
  EXPECT_EQ(middle_of({4, 1, 2, 8}), 3);
  EXPECT_EQ(middle_of({5, 5, 1, 9, 5}), 5);
  Random random(12, {});
  for (size_t n = 1; n < 60; ++n) {
    std::vector<double> x(n);
    for (double& v : x) v = std::floor(random.uniform() * 20);  // with ties
    std::vector<double> sorted = x;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(middle_of(x), (sorted[(n - 1) / 2] + sorted[n / 2]) / 2) << n;
  }
}

}  // namespace
}  // namespace delever::statistics
