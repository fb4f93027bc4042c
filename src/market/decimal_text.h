// The text of exact numbers written straight into a buffer, for whoever writes millions of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "market/units.h"
#include "market/wide_qty.h"

namespace delever {

inline constexpr size_t kDecimalTextMax = 48;  // bytes that one number may write

// write_decimal(units, scale_digits) at `to`, and the place behind it; scale_digits within 18.
char* put_decimal(char* to, int64_t units, int scale_digits);
char* put_decimal(char* to, WideQty qty);  // WideQty::text()

template <class Tag, int kDigits>
char* put_decimal(char* to, Fixed<Tag, kDigits> value) {
  return put_decimal(to, value.raw(), kDigits);
}

}  // namespace delever
