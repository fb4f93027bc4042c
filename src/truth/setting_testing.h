// For runs by hand: how many, and from which seed.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/text.h"

namespace delever::truth {

// A whole number of the environment; `fallback` where there is none.
inline uint64_t setting(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  if (!text) return fallback;
  const auto number = read_int(text);
  return number && *number >= 0 ? static_cast<uint64_t>(*number) : fallback;
}

}  // namespace delever::truth
