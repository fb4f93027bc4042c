#include "base/random_batch.h"

#include <algorithm>
#include <vector>

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)  // gcc 12's own header
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#endif

namespace delever {
namespace {

// Ten rounds that each wait for the one before take some fifty cycles; side by side the entities
// fill the time that each of them waits.
constexpr uint32_t kSide = 32;
constexpr uint32_t kMultiply0 = 0xD2511F53, kMultiply1 = 0xCD9E8D57;
constexpr uint32_t kKeyStep0 = 0x9E3779B9, kKeyStep1 = 0xBB67AE85;

// The first 64 bits of kSide entities, by philox4x32 (random.cc) with counters
// (0, step, entity + k stride, stream).
using FirstBits = void (*)(uint64_t seed, Random::Stream at, uint32_t stride, uint64_t* bits);

void bits_plain(uint64_t seed, Random::Stream at, uint32_t stride, uint64_t* bits) {
  for (uint32_t k = 0; k < kSide; ++k) {
    const PhiloxCounter words =
        philox4x32({0, at.step, at.entity + k * stride, at.stream},
                   {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
    bits[k] = uint64_t{words[0]} << 32 | words[1];
  }
}

#if defined(__x86_64__)
// Its twins in registers of 64-bit lanes, an entity each. The multiplication reads the lower halves
// alone, so what stands in the upper ones does not matter until the end. Compiled for their
// instruction set by attribute: nothing of these functions can be shared with other files.
__attribute__((target("avx2"))) void bits_avx2(uint64_t seed, Random::Stream at, uint32_t stride,
                                               uint64_t* bits) {
  constexpr uint32_t kLanes = 4, kGroups = 4;  // as many as there are registers for
  const __m256i m0 = _mm256_set1_epi64x(kMultiply0), m1 = _mm256_set1_epi64x(kMultiply1);
  for (uint32_t from = 0; from < kSide; from += kLanes * kGroups) {
    __m256i c0[kGroups], c1[kGroups], c2[kGroups], c3[kGroups];
    for (uint32_t g = 0; g < kGroups; ++g) {
      const uint32_t first = at.entity + (from + g * kLanes) * stride;
      c0[g] = _mm256_setzero_si256();
      c1[g] = _mm256_set1_epi64x(at.step);
      c2[g] = _mm256_set_epi64x(first + 3 * stride, first + 2 * stride, first + stride, first);
      c3[g] = _mm256_set1_epi64x(at.stream);
    }
    auto key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const __m256i k0 = _mm256_set1_epi64x(key0), k1 = _mm256_set1_epi64x(key1);
      for (uint32_t g = 0; g < kGroups; ++g) {
        const __m256i p0 = _mm256_mul_epu32(m0, c0[g]), p1 = _mm256_mul_epu32(m1, c2[g]);
        c0[g] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), c1[g]), k0);
        c2[g] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), c3[g]), k1);
        c1[g] = p1;
        c3[g] = p0;
      }
      key0 += kKeyStep0;
      key1 += kKeyStep1;
    }
    for (uint32_t g = 0; g < kGroups; ++g)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(bits + from + g * kLanes),
                          _mm256_blend_epi32(_mm256_slli_epi64(c0[g], 32), c1[g], 0b01010101));
  }
}

__attribute__((target("avx512f"))) void bits_avx512(uint64_t seed, Random::Stream at,
                                                    uint32_t stride, uint64_t* bits) {
  constexpr uint32_t kLanes = 8, kGroups = kSide / kLanes;
  __m512i c0[kGroups], c1[kGroups], c2[kGroups], c3[kGroups];
  for (uint32_t g = 0; g < kGroups; ++g) {
    const uint32_t first = at.entity + g * kLanes * stride;
    c0[g] = _mm512_setzero_si512();
    c1[g] = _mm512_set1_epi64(at.step);
    c2[g] = _mm512_set_epi64(first + 7 * stride, first + 6 * stride, first + 5 * stride,
                             first + 4 * stride, first + 3 * stride, first + 2 * stride,
                             first + stride, first);
    c3[g] = _mm512_set1_epi64(at.stream);
  }
  auto key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  const __m512i m0 = _mm512_set1_epi64(kMultiply0), m1 = _mm512_set1_epi64(kMultiply1);
  constexpr int kXor3 = 0x96;  // the ternary function a ^ b ^ c
  for (int round = 0; round < 10; ++round) {
    const __m512i k0 = _mm512_set1_epi64(key0), k1 = _mm512_set1_epi64(key1);
    for (uint32_t g = 0; g < kGroups; ++g) {
      const __m512i p0 = _mm512_mul_epu32(m0, c0[g]), p1 = _mm512_mul_epu32(m1, c2[g]);
      c0[g] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p1, 32), c1[g], k0, kXor3);
      c2[g] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p0, 32), c3[g], k1, kXor3);
      c1[g] = p1;
      c3[g] = p0;
    }
    key0 += kKeyStep0;
    key1 += kKeyStep1;
  }
  const __mmask16 kLower = 0b0101010101010101;
  for (uint32_t g = 0; g < kGroups; ++g)
    _mm512_storeu_si512(bits + g * kLanes,
                        _mm512_mask_blend_epi32(kLower, _mm512_slli_epi64(c0[g], 32), c1[g]));
}
#endif

// Plainest first, so that the last one is the one to use.
std::vector<FirstBits> runnable() {
  std::vector<FirstBits> kernels{bits_plain};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) kernels.push_back(bits_avx2);
  if (__builtin_cpu_supports("avx512f")) kernels.push_back(bits_avx512);
#endif
  return kernels;
}

const std::vector<FirstBits>& kernels() {
  static const std::vector<FirstBits> found = runnable();
  return found;
}

}  // namespace

size_t first_bits_kernels() { return kernels().size(); }

void first_bits(uint64_t seed, Random::Stream at, uint32_t stride, std::span<uint64_t> out) {
  first_bits(seed, at, stride, out, kernels().size() - 1);
}

void first_bits(uint64_t seed, Random::Stream at, uint32_t stride, std::span<uint64_t> out,
                size_t kernel) {
  const FirstBits draw = kernels()[kernel];
  for (; out.size() >= kSide; out = out.subspan(kSide)) {
    draw(seed, at, stride, out.data());
    at.entity += kSide * stride;
  }
  if (out.empty()) return;
  uint64_t last[kSide];
  draw(seed, at, stride, last);
  std::copy_n(last, out.size(), out.data());
}

}  // namespace delever
