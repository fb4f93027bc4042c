#include "sim/splitting.h"

#include "base/random.h"

namespace delever::sim {
namespace {

double upper_tail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

}  // namespace

Probability crude_probability(size_t hits, size_t runs) {
  Probability out;
  out.runs = runs;
  out.lineages = hits;
  out.estimator = "crude";
  const double n = static_cast<double>(runs), p = static_cast<double>(hits) / n, z = 1.96;
  out.value = p;
  out.error = std::sqrt(p * (1 - p) / n);
  // Wilson's interval: right also where hits are few.
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  out.low = std::max(0.0, middle - half);
  out.high = std::min(1.0, middle + half);
  return out;
}

double splitting_error(double p, size_t runs) {
  return std::sqrt(std::expm1(-std::log(p) / static_cast<double>(runs)));
}

Result<ShiftedTail> shifted_tail(double z, double shift, size_t draws, uint64_t seed) {
  double sum = 0, squares = 0, all = 0, all_squares = 0;
  Random random(seed, {.stream = 0x7461696c});
  for (size_t k = 0; k < draws; ++k) {
    const double x = random.normal() + shift;
    const double weight = std::exp(-shift * x + 0.5 * shift * shift);
    if (x <= z) continue;
    sum += weight;
    squares += weight * weight;
    all += weight;
    all_squares += weight * weight;
  }
  const double n = static_cast<double>(draws);
  ShiftedTail out;
  out.probability = sum / n;
  out.error = std::sqrt((squares / n - out.probability * out.probability) / n);
  out.effective = all_squares > 0 ? all * all / all_squares : 0;
  if (out.effective < 0.1 * n)
    return Error{Fault::no_evidence, "the draws' weights are too uneven: an effective " +
                                         std::to_string(static_cast<size_t>(out.effective)) + " of " +
                                         std::to_string(draws)};
  return out;
}

double shift_gain(double z, double shift) {
  const double p = upper_tail(z);
  const double second = std::exp(shift * shift) * upper_tail(z + shift);  // E[1{X > z} weight^2]
  return (p - p * p) / (second - p * p);
}

}  // namespace delever::sim
