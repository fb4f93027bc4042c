// The first draw of many entities at once: what an agent-based loop asks of every agent, of whom
// few then draw again.
#pragma once

#include <span>

#include "base/random.h"

namespace delever {

// out[k] = Random(seed, {at.stream, at.entity + k * stride, at.step}).uniform(), to the last bit.
void first_uniforms(uint64_t seed, Random::Stream at, uint32_t stride, std::span<double> out);

}  // namespace delever
