#include "sim/ensemble/fund.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace delever::sim {
namespace {

constexpr size_t kBeyondLeast = 10;
constexpr int kResamples = 500;

// The smallest value that at least the share `p` of the sorted values do not pass.
double quantile(std::span<const double> sorted, double p) {
  const auto rank = static_cast<size_t>(std::ceil(p * static_cast<double>(sorted.size())));
  return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace

Result<FundSize> fund_size(std::span<const double> deficits, double cost_ratio, uint64_t seed) {
  if (!(cost_ratio > 0 && cost_ratio < 1))
    return Error{Fault::refused, "a cost ratio lies between 0 and 1"};
  if (!std::all_of(deficits.begin(), deficits.end(),
                   [](double d) { return std::isfinite(d) && d >= 0; }))
    return Error{Fault::refused, "a deficit is a number, not below 0"};
  std::vector<double> sorted(deficits.begin(), deficits.end());
  std::sort(sorted.begin(), sorted.end());
  const double p = 1 - cost_ratio;
  const auto expected = static_cast<size_t>(cost_ratio * static_cast<double>(sorted.size()));
  if (expected < kBeyondLeast)
    return Error{Fault::no_evidence,
                 "a fund at this quantile needs " +
                     std::to_string(static_cast<size_t>(std::ceil(kBeyondLeast / cost_ratio))) +
                     " runs, there are " + std::to_string(sorted.size())};
  FundSize out;
  out.runs = sorted.size();
  out.fund = quantile(sorted, p);
  double beyond = 0;
  for (const double d : sorted) {
    if (d <= out.fund) continue;
    ++out.beyond;
    beyond += d;
  }
  out.shortfall = out.beyond ? beyond / static_cast<double>(out.beyond) : out.fund;
  out.uncovered =
      (beyond - out.fund * static_cast<double>(out.beyond)) / static_cast<double>(out.runs);
  // The quantile of a resample is an order statistic of the sample: its rank is binomial, so
  // drawing n values is enough.
  std::vector<double> estimates, drawn(sorted.size());
  for (int k = 0; k < kResamples; ++k) {
    Random random(seed, {.stream = 0x66756e64, .entity = 0, .step = static_cast<uint32_t>(k)});
    for (double& d : drawn) d = sorted[random.below(sorted.size())];
    const auto nth = drawn.begin() +
                     static_cast<int64_t>(
                         std::clamp<size_t>(
                             static_cast<size_t>(std::ceil(p * static_cast<double>(drawn.size()))),
                             1, drawn.size()) -
                         1);
    std::nth_element(drawn.begin(), nth, drawn.end());
    estimates.push_back(*nth);
  }
  std::sort(estimates.begin(), estimates.end());
  out.low = quantile(estimates, 0.025);
  out.high = quantile(estimates, 0.975);
  return out;
}

}  // namespace delever::sim
