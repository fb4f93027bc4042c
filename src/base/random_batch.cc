#include "base/random_batch.h"

#include <algorithm>
#include <array>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace delever {
namespace {

// Ten rounds that each wait for the one before take some fifty cycles; side by side the entities
// fill the time that each of them waits.
constexpr size_t kSide = 16;
constexpr uint32_t kMultiply0 = 0xD2511F53, kMultiply1 = 0xCD9E8D57;
constexpr uint32_t kKeyStep0 = 0x9E3779B9, kKeyStep1 = 0xBB67AE85;

// philox4x32 (random.cc) with counters (0, step, entity + k stride, stream), two entities in a
// register of two 64-bit lanes. The multiplication reads the lower halves alone, so what stands in
// the upper ones does not matter until the end.
#if defined(__SSE2__)
struct Lanes {
  __m128i c0, c1, c2, c3;
};
void first_words(uint64_t seed, Random::Stream at, uint32_t stride, uint32_t (&high)[kSide],
                 uint32_t (&low)[kSide]) {
  constexpr size_t kPairs = kSide / 2;
  std::array<Lanes, kPairs> lanes;
  for (uint32_t k = 0; k < kPairs; ++k) {
    const uint32_t first = at.entity + 2 * k * stride;
    lanes[k] = {_mm_setzero_si128(), _mm_set1_epi64x(at.step),
                _mm_set_epi64x(first + stride, first), _mm_set1_epi64x(at.stream)};
  }
  auto key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  const __m128i m0 = _mm_set1_epi64x(kMultiply0), m1 = _mm_set1_epi64x(kMultiply1);
  for (int round = 0; round < 10; ++round) {
    const __m128i k0 = _mm_set1_epi64x(key0), k1 = _mm_set1_epi64x(key1);
    for (Lanes& c : lanes) {
      const __m128i p0 = _mm_mul_epu32(m0, c.c0), p1 = _mm_mul_epu32(m1, c.c2);
      c = {_mm_xor_si128(_mm_xor_si128(_mm_srli_epi64(p1, 32), c.c1), k0), p1,
           _mm_xor_si128(_mm_xor_si128(_mm_srli_epi64(p0, 32), c.c3), k1), p0};
    }
    key0 += kKeyStep0;
    key1 += kKeyStep1;
  }
  for (size_t k = 0; k < kPairs; ++k) {
    alignas(16) uint64_t words0[2], words1[2];
    _mm_store_si128(reinterpret_cast<__m128i*>(words0), lanes[k].c0);
    _mm_store_si128(reinterpret_cast<__m128i*>(words1), lanes[k].c1);
    for (size_t of = 0; of < 2; ++of) {
      high[2 * k + of] = static_cast<uint32_t>(words0[of]);
      low[2 * k + of] = static_cast<uint32_t>(words1[of]);
    }
  }
}
#else
void first_words(uint64_t seed, Random::Stream at, uint32_t stride, uint32_t (&high)[kSide],
                 uint32_t (&low)[kSide]) {
  for (uint32_t k = 0; k < kSide; ++k) {
    const PhiloxCounter words =
        philox4x32({0, at.step, at.entity + k * stride, at.stream},
                   {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
    high[k] = words[0];
    low[k] = words[1];
  }
}
#endif

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
