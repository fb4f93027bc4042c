#include "statistics/hawkes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace delever::statistics {
namespace {

// By its clusters (Hawkes and Oakes 1974): immigrants at rate mu, each event with Poisson(n)
// children.
std::vector<double> simulated(const Hawkes& h, double end, uint32_t stream) {
  Random random(11, {stream});
  std::vector<double> times;
  for (double t = random.exponential() / h.mu; t < end; t += random.exponential() / h.mu)
    times.push_back(t);
  for (size_t i = 0; i < times.size(); ++i) {  // grows while it is read
    for (double left = h.n - random.exponential(); left > 0; left -= random.exponential()) {
      const double child = times[i] + random.exponential() / h.beta;
      if (child < end) times.push_back(child);
    }
  }
  std::sort(times.begin(), times.end());
  return times;
}

double plain_log_likelihood(const Hawkes& h, const std::vector<double>& times, double end) {
  double total = -h.mu * end;
  for (size_t i = 0; i < times.size(); ++i) {
    double intensity = h.mu;
    for (size_t j = 0; j < i; ++j)
      intensity += h.n * h.beta * std::exp(-h.beta * (times[i] - times[j]));
    total += std::log(intensity) - h.n * (1 - std::exp(-h.beta * (end - times[i])));
  }
  return total;
}

TEST(Hawkes, LikelihoodAgreesWithItsPlainTwin) {
  const std::vector<double> times = simulated({0.5, 0.6, 2}, 500, 1);
  for (const Hawkes& h : {Hawkes{0.5, 0.6, 2}, Hawkes{1, 0.1, 30}, Hawkes{0.01, 0.95, 0.05}})
    EXPECT_NEAR(log_likelihood(h, times, 500), plain_log_likelihood(h, times, 500), 1e-7);
}

// The count has the mean rate mu / (1 - n) and, over long windows, 1 / (1 - n)^2 times the variance
// of a Poisson count; over 60 windows the mean is known to 2.9 %, and three of those are allowed.
TEST(Hawkes, RateAndItsSpread) {
  const Hawkes truth{0.1, 0.8, 5};
  double total = 0, squares = 0;
  for (uint32_t i = 0; i < 60; ++i) {
    const double count = static_cast<double>(simulated(truth, 1000, 100 + i).size());
    total += count;
    squares += count * count;
  }
  const double middle = total / 60, fano = (squares / 60 - middle * middle) / middle;
  EXPECT_NEAR(middle, 500, 3 * 0.029 * 500);
  EXPECT_NEAR(fano, 25, 14);  // its own spread over 60 windows is 25 * sqrt(2 / 60) = 4.6
}

// The fit finds n within its own interval at 95 %: 3 of 4 must hold it.
TEST(Hawkes, FitFindsTheBranchingRatio) {
  int held = 0;
  uint32_t stream = 10;
  for (const Hawkes& truth :
       {Hawkes{0.2, 0.3, 1}, Hawkes{0.2, 0.6, 5}, Hawkes{0.1, 0.8, 0.5}, Hawkes{0.05, 0.9, 20}}) {
    const double end = 10'000;
    const std::vector<double> times = simulated(truth, end, stream++);
    const double rate = static_cast<double>(times.size()) / end;
    const auto fit = fit_hawkes(times, end);
    ASSERT_TRUE(fit);
    EXPECT_NEAR(fit->at.n, truth.n, 0.1);
    EXPECT_NEAR(fit->at.mu / (1 - fit->at.n), rate, 0.05 * rate);
    EXPECT_NEAR(fit->at.beta, truth.beta, 0.35 * truth.beta);
    ASSERT_TRUE(fit->n_low && fit->n_high);
    held += *fit->n_low < truth.n && truth.n < *fit->n_high;
  }
  EXPECT_GE(held, 3);
}

TEST(Hawkes, EventsWithoutMemoryHaveALowRatioOrNone) {
  const std::vector<double> times = simulated({1, 0, 1}, 3000, 20);
  const auto fit = fit_hawkes(times, 3000);
  EXPECT_LT(fit ? fit->at.n : 0, 0.1);
}

TEST(Hawkes, TooFewEventsAndEqualTimes) {
  EXPECT_FALSE(fit_hawkes({1, 2, 3}, 10));
  EXPECT_EQ(merged({3, 1, 1, 2, 3}), (std::vector<double>{1, 2, 3}));
}

}  // namespace
}  // namespace delever::statistics
