#include "sim/agents/news.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace delever::sim {
namespace {

AssetSetup asset(double volatility, double bursts) {
  AssetSetup a;
  a.volatility = volatility;
  a.bursts = bursts;
  return a;
}

// Moves over a minute of many short days.
std::vector<double> minutes(const AssetSetup& a, uint32_t days) {
  std::vector<double> out;
  for (uint32_t day = 0; day < days; ++day) {
    News news;
    double before = 0;
    for (uint32_t second = 0; second < 6 * 3600; ++second) {
      news.move(a, day + 1, 0, second);
      if (second % 60 != 59) continue;
      out.push_back(news.noise() - before);
      before = news.noise();
    }
  }
  return out;
}

struct Shape {
  double deviation, kurtosis, memory;
};  // memory: correlation of |x| with itself five minutes later

Shape shape(const std::vector<double>& x) {
  double m2 = 0, m4 = 0, mean = 0;
  for (const double v : x) {
    m2 += v * v;
    m4 += v * v * v * v;
    mean += std::abs(v);
  }
  const auto n = static_cast<double>(x.size());
  mean /= n;
  double covariance = 0, variance = 0;
  for (size_t i = 0; i + 5 < x.size(); ++i) {
    covariance += (std::abs(x[i]) - mean) * (std::abs(x[i + 5]) - mean);
    variance += (std::abs(x[i]) - mean) * (std::abs(x[i]) - mean);
  }
  return {std::sqrt(m2 / n), m4 / n / (m2 / n * (m2 / n)), covariance / variance};
}

TEST(News, WithoutBurstsIsNormalWithoutMemory) {
  const Shape s = shape(minutes(asset(0.4, 0), 40));
  EXPECT_NEAR(s.deviation, 0.4 * std::sqrt(60 / (365.0 * 86'400)), 0.02 * s.deviation);
  EXPECT_NEAR(s.kurtosis, 3, 0.15);
  EXPECT_NEAR(s.memory, 0, 0.03);
}

TEST(News, BurstsKeepTheVarianceFattenTheTailsAndHaveMemory) {
  const Shape s = shape(minutes(asset(0.4, 0.45), 200));
  EXPECT_NEAR(s.deviation, 0.4 * std::sqrt(60 / (365.0 * 86'400)), 0.1 * s.deviation);
  // Of a product of independent factors: 3 (1 + m^2)^8 = 13; within a minute the quickest factors
  // average out.
  EXPECT_GT(s.kurtosis, 6);
  EXPECT_LT(s.kurtosis, 13);
  EXPECT_GT(s.memory, 0.1);
}

TEST(News, IsTheSameForTheSameSeedAndAsset) {
  News a, b, other;
  for (uint32_t second = 0; second < 100; ++second) {
    a.move(asset(0.4, 0.45), 7, 1, second);
    b.move(asset(0.4, 0.45), 7, 1, second);
    other.move(asset(0.4, 0.45), 7, 2, second);
  }
  EXPECT_EQ(a.noise(), b.noise());
  EXPECT_NE(a.noise(), other.noise());
}

TEST(Path, IsLogLinearBetweenItsPointsAndStaysAtTheLast) {
  const Instant from = Instant::parse("2026-01-01T00:00:00Z").value();
  AssetSetup a;
  a.path = {{from + Duration::hours(1), 0.9}, {from + Duration::hours(3), 1.0}};
  EXPECT_DOUBLE_EQ(path_level(a, from, from), 1);
  EXPECT_NEAR(path_level(a, from, from + Duration::minutes(30)), std::sqrt(0.9), 1e-12);
  EXPECT_NEAR(path_level(a, from, from + Duration::hours(2)), std::sqrt(0.9), 1e-12);
  EXPECT_DOUBLE_EQ(path_level(a, from, from + Duration::hours(9)), 1);
}

}  // namespace
}  // namespace delever::sim
