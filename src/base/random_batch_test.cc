#include "base/random_batch.h"

#include <gtest/gtest.h>

#include <vector>

namespace delever {
namespace {

TEST(RandomBatch, draws_what_each_entity_would_draw_first) {
  for (const uint64_t seed : {uint64_t{1}, uint64_t{0xfedc'ba98'7654'3210}}) {
    for (const uint32_t stride : {1U, 30U, 4'000'000'000U}) {
      for (const size_t count : {0UL, 1UL, 15UL, 16UL, 17UL, 100UL}) {
        std::vector<double> drawn(count, -1);
        first_uniforms(seed, {.stream = 4, .entity = 1'000, .step = 77}, stride, drawn);
        for (uint32_t k = 0; k < count; ++k) {
          Random random(seed, {.stream = 4, .entity = 1'000 + k * stride, .step = 77});
          ASSERT_EQ(drawn[k], random.uniform()) << seed << " " << stride << " " << k;
        }
      }
    }
  }
}

}  // namespace
}  // namespace delever
