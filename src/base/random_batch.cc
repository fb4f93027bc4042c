#include "base/random_batch.h"

#include <algorithm>

namespace delever {
namespace {

// Ten rounds that each wait for the one before take some fifty cycles; side by side the entities
// fill the time that each of them waits, and compilers put them into vectors.
constexpr size_t kSide = 16;

// philox4x32 (random.cc) with counters (0, step, entity + k stride, stream); of its four words the
// first two make a uniform draw.
void first_words(uint64_t seed, Random::Stream at, uint32_t stride, uint32_t (&high)[kSide],
                 uint32_t (&low)[kSide]) {
  uint32_t c0[kSide], c1[kSide], c2[kSide], c3[kSide];
  for (uint32_t k = 0; k < kSide; ++k) {
    c0[k] = 0;
    c1[k] = at.step;
    c2[k] = at.entity + k * stride;
    c3[k] = at.stream;
  }
  auto key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (size_t k = 0; k < kSide; ++k) {
      const uint64_t p0 = uint64_t{0xD2511F53} * c0[k], p1 = uint64_t{0xCD9E8D57} * c2[k];
      c0[k] = static_cast<uint32_t>(p1 >> 32) ^ c1[k] ^ key0;
      c1[k] = static_cast<uint32_t>(p1);
      c2[k] = static_cast<uint32_t>(p0 >> 32) ^ c3[k] ^ key1;
      c3[k] = static_cast<uint32_t>(p0);
    }
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  std::copy_n(c0, kSide, high);
  std::copy_n(c1, kSide, low);
}

}  // namespace

void first_uniforms(uint64_t seed, Random::Stream at, uint32_t stride, std::span<double> out) {
  for (size_t from = 0; from < out.size(); from += kSide) {
    uint32_t high[kSide], low[kSide];
    first_words(seed, at, stride, high, low);
    at.entity += static_cast<uint32_t>(kSide) * stride;
    for (size_t k = 0; k < std::min(kSide, out.size() - from); ++k) {
      const uint64_t bits = uint64_t{high[k]} << 32 | low[k];
      out[from + k] = (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;  // Random::uniform()
    }
  }
}

}  // namespace delever
