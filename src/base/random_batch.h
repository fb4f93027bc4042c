// The first draw of many entities at once: what an agent-based loop asks of every agent, of whom
// few then draw again.
#pragma once

#include <span>

#include "base/random.h"

namespace delever {

// out[k] = Random(seed, {at.stream, at.entity + k * stride, at.step}).bits64()
void first_bits(uint64_t seed, Random::Stream at, uint32_t stride, std::span<uint64_t> out);

// By one of the kernels that this processor can run, 0 (plain) to first_bits_kernels() - 1 (the one
// above uses the last); all draw the same.
void first_bits(uint64_t seed, Random::Stream at, uint32_t stride, std::span<uint64_t> out,
                size_t kernel);
size_t first_bits_kernels();

}  // namespace delever
