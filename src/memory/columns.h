// Columns: numbers and bytes that are alike, side by side, packed with zstd as one piece. What is
// read back is exactly what was written, in the order in which each column was written.
//
// A number is a varint whose bytes lie in planes, all first bytes together, all second, all third
// and the rest: the last digits of a time are as good as random, its first ones are not, and each
// plane that is long enough has a code of its own. A column holds numbers or bytes, not both.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace delever::memory {

inline constexpr size_t kPlanes = 4;  // the last one has all further bytes of a number

class ColumnWriter {
 public:
  static constexpr bool kReads = false;
  void number(size_t column, uint64_t value) {
    auto& planes = of(column);
    size_t plane = 0;
    for (; value >= 0x80; value >>= 7) {
      planes[plane].push_back(static_cast<char>(value | 0x80));
      if (plane + 1 < kPlanes) ++plane;
    }
    planes[plane].push_back(static_cast<char>(value));
  }
  void bytes(size_t column, std::string_view bytes) { of(column)[0].append(bytes); }
  // The columns as one piece; then it is empty again.
  std::string pack();
  // The columns, to be packed elsewhere. As behind pack(), there are as many and nothing in them:
  // how many there are is part of a piece.
  ColumnWriter take() {
    ColumnWriter taken;
    taken.columns_.resize(columns_.size());
    columns_.swap(taken.columns_);
    return taken;
  }
  bool empty() const;

 private:
  using Planes = std::array<std::string, kPlanes>;
  Planes& of(size_t column) {
    if (columns_.size() <= column) columns_.resize(column + 1);
    return columns_[column];
  }
  std::vector<Planes> columns_;
};

class ColumnReader {
 public:
  static constexpr bool kReads = true;
  static Result<ColumnReader> unpack(std::string_view packed);

  // 0 and no bytes beyond the end: then failed() says so.
  uint64_t number(size_t column) {
    if (column < columns_.size()) {  // most are small
      auto& [at, end] = columns_[column][0];
      if (at < end && static_cast<unsigned char>(raw_[at]) < 0x80)
        return static_cast<unsigned char>(raw_[at++]);
    }
    return long_number(column);
  }
  std::string_view bytes(size_t column, size_t count);
  bool failed() const { return failed_; }

 private:
  struct Range {  // in raw_; a piece has less than 2 GiB
    uint32_t at = 0, end = 0;
  };
  uint64_t long_number(size_t column);

  std::unique_ptr<char[]> raw_;
  std::vector<std::array<Range, kPlanes>> columns_;
  bool failed_ = false;
};

// Signed numbers near zero as small unsigned ones. Differences wrap, so that any two have one.
constexpr uint64_t folded(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t unfolded(uint64_t value) {
  return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1));
}
constexpr int64_t wrapped_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
constexpr int64_t wrapped_difference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

}  // namespace delever::memory
