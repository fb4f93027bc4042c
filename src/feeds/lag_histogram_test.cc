// Goal: quantiles of the histogram beside those of the sorted lags.
#include "feeds/lag_histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace delever::feeds {
namespace {

TEST(LagHistogram, QuantilesAreWithinFivePercentOfTheSortedOnes) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed, {});
    LagHistogram histogram;
    std::vector<int64_t> lags;
    const double scale = std::pow(10.0, 3 + random.uniform() * 9);
    for (int i = 0; i < 2000; ++i) {
      const double sign = random.chance(0.2) ? -1 : 1;
      lags.push_back(static_cast<int64_t>(sign * scale * random.exponential()));
      histogram.add(Duration::ns(lags.back()));
    }
    std::sort(lags.begin(), lags.end());
    for (const double share : {0.01, 0.1, 0.5, 0.9, 0.99, 1.0}) {
      const auto exact = static_cast<double>(lags[static_cast<size_t>(share * 2000) - 1]);
      const auto told = static_cast<double>(histogram.quantile(share).ns());
      EXPECT_NEAR(told, exact, 2048 + 0.065 * std::abs(exact)) << seed << " " << share;
    }
    EXPECT_EQ(histogram.most().ns(), lags.back());
  }
}

TEST(LagHistogram, OneLagAndNone) {
  LagHistogram histogram;
  EXPECT_EQ(histogram.total(), 0u);
  histogram.add(Duration::ms(-3));
  EXPECT_LE(histogram.quantile(0.5), Duration::ms(-2));
  EXPECT_EQ(histogram.most(), Duration::ms(-3));
}

}  // namespace
}  // namespace delever::feeds
