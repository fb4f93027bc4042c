// The text of a time written straight into a buffer, for whoever writes millions of them.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace delever {

inline constexpr size_t kTimeTextMax = 32;  // bytes that put_time() may write

// Instant::text() at `to`; the place behind it.
char* put_time(char* to, Instant time);

}  // namespace delever
