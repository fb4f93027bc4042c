// Draws of counts, for tests.
#pragma once

#include "base/random.h"

namespace delever::statistics::fixture {

inline uint64_t poisson_draw(Random& random, double mean) {
  uint64_t count = 0;
  for (double sum = random.exponential(); sum < mean; sum += random.exponential()) ++count;
  return count;
}

// Sum of k exponentials over k: a gamma factor of mean 1, so that the draw is negative binomial of
// whole dispersion k.
inline uint64_t binomial_draw(Random& random, double mean, int k) {
  double factor = 0;
  for (int i = 0; i < k; ++i) factor += random.exponential() / k;
  return poisson_draw(random, mean * factor);
}

}  // namespace delever::statistics::fixture
