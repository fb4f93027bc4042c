#include "base/bitmap.h"

#include <bit>

#include "base/check.h"

namespace delever {

void LevelBitmap::resize(int32_t bits) {
  size_t n = static_cast<size_t>(bits);
  for (auto& storey : words_) {
    n = (n + 63) / 64;
    storey.assign(n, 0);
  }
  CHECK(n == 1);  // four storeys of 64 cover 2^24
}

void LevelBitmap::set(int32_t i) {
  auto at = static_cast<size_t>(i);
  for (auto& storey : words_) {
    uint64_t& word = storey[at >> 6];
    const bool was_empty = word == 0;
    word |= uint64_t{1} << (at & 63);
    if (!was_empty) return;
    at >>= 6;
  }
}

void LevelBitmap::clear(int32_t i) {
  auto at = static_cast<size_t>(i);
  for (auto& storey : words_) {
    uint64_t& word = storey[at >> 6];
    word &= ~(uint64_t{1} << (at & 63));
    if (word != 0) return;
    at >>= 6;
  }
}

int32_t LevelBitmap::next(int32_t i) const {
  if (i < 0) i = 0;
  auto at = static_cast<size_t>(i);
  for (size_t storey = 0; storey < 4; ++storey) {
    if ((at >> 6) >= words_[storey].size()) return -1;
    const uint64_t rest = words_[storey][at >> 6] >> (at & 63);
    if (rest != 0) {
      at += static_cast<size_t>(std::countr_zero(rest));
      while (storey-- > 0)
        at = (at << 6) + static_cast<size_t>(std::countr_zero(words_[storey][at]));
      return static_cast<int32_t>(at);
    }
    at = (at >> 6) + 1;
  }
  return -1;
}

int32_t LevelBitmap::previous(int32_t i) const {
  if (i < 0) return -1;
  auto at = static_cast<size_t>(i);
  for (size_t storey = 0; storey < 4; ++storey) {
    const uint64_t rest = words_[storey][at >> 6] << (63 - (at & 63));
    if (rest != 0) {
      at -= static_cast<size_t>(std::countl_zero(rest));
      while (storey-- > 0)
        at = (at << 6) + 63 - static_cast<size_t>(std::countl_zero(words_[storey][at]));
      return static_cast<int32_t>(at);
    }
    if ((at >> 6) == 0) return -1;
    at = (at >> 6) - 1;
  }
  return -1;
}

}  // namespace delever
