// A set of small numbers that finds the next or previous member in four steps: one bit a number,
// and three storeys above, where a set bit says that the word below is not empty. Up to 2^24
// numbers.
#pragma once

#include <cstdint>
#include <vector>

namespace delever {

class LevelBitmap {
 public:
  static constexpr int32_t kBitsMax = 1 << 24;
  void resize(int32_t bits);  // empties it
  void set(int32_t i);
  void clear(int32_t i);
  int32_t next(int32_t i) const;      // smallest member >= i, or -1
  int32_t previous(int32_t i) const;  // largest member <= i, or -1

 private:
  std::vector<uint64_t> words_[4];
};

}  // namespace delever
