#include "base/random_batch.h"

#include <gtest/gtest.h>

#include <vector>

namespace delever {
namespace {

TEST(RandomBatch, draws_what_each_entity_would_draw_first) {
  for (const uint64_t seed : {uint64_t{1}, uint64_t{0xfedc'ba98'7654'3210}}) {
    for (const uint32_t stride : {1U, 30U, 4'000'000'000U}) {
      for (const size_t count : {0UL, 1UL, 15UL, 16UL, 17UL, 31UL, 32UL, 33UL, 100UL}) {
        for (size_t kernel = 0; kernel < first_bits_kernels(); ++kernel) {
          std::vector<uint64_t> drawn(count);
          first_bits(seed, {.stream = 4, .entity = 1'000, .step = 77}, stride, drawn, kernel);
          for (uint32_t k = 0; k < count; ++k) {
            Random random(seed, {.stream = 4, .entity = 1'000 + k * stride, .step = 77});
            ASSERT_EQ(drawn[k], random.bits64())
                << seed << " " << stride << " " << k << " by " << kernel;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace delever
