// Times of the tests' chains.
#pragma once

#include <string_view>

#include "base/time.h"

namespace delever::options {

inline Instant at(std::string_view text) { return Instant::parse(text).value(); }

}  // namespace delever::options
