// Goal: the published vectors, and draws that depend on nothing but their coordinates.
#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace delever {
namespace {

// Vectors of the Random123 distribution (kat_vectors, philox4x32 10 rounds).
TEST(Philox, known_answers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, draws_are_a_function_of_their_coordinates) {
  Random a(7, {.stream = 1, .entity = 2, .step = 3}), b(7, {.stream = 1, .entity = 2, .step = 3});
  Random other(7, {.stream = 1, .entity = 3, .step = 3});
  const uint64_t first = a.bits64();
  EXPECT_EQ(first, b.bits64());
  EXPECT_NE(first, other.bits64());
}

TEST(Random, moments_within_four_standard_errors) {
  Random random(42, {});
  constexpr int n = 200'000;
  double u = 0, z = 0, zz = 0, e = 0;
  for (int i = 0; i < n; ++i) {
    u += random.uniform();
    const double x = random.normal();
    z += x;
    zz += x * x;
    e += random.exponential();
  }
  const double se = 4 / std::sqrt(double{n});
  EXPECT_NEAR(u / n, 0.5, se * std::sqrt(1 / 12.0));
  EXPECT_NEAR(z / n, 0.0, se);
  EXPECT_NEAR(zz / n, 1.0, se * std::sqrt(2.0));
  EXPECT_NEAR(e / n, 1.0, se);
}

TEST(NormalQuantile, inverts_erfc_from_the_centre_to_the_far_tail) {
  for (double x : {-37.0, -20.0, -8.0, -4.0, -1.0, -1e-3, 0.0, 1e-3, 1.0})
    EXPECT_NEAR(normal_quantile(0.5 * std::erfc(-x / std::sqrt(2.0))), x,
                4e-15 * (1 + std::fabs(x)));
}

TEST(Random, below_covers_its_range_evenly) {
  Random random(1, {});
  int counts[3] = {};
  for (int i = 0; i < 30'000; ++i) ++counts[random.below(3)];
  for (int c : counts) EXPECT_NEAR(c, 10'000, 400);
}

}  // namespace
}  // namespace delever
