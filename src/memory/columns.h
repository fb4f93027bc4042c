// Columns: numbers and bytes that are alike, side by side, packed with zstd as one piece. What is
// read back is exactly what was written, in the order in which each column was written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace delever::memory {

class ColumnWriter {
 public:
  static constexpr bool kReads = false;
  void number(size_t column, uint64_t value);
  void bytes(size_t column, std::string_view bytes) { of(column).append(bytes); }
  // The columns as one piece; then it is empty again.
  std::string pack();
  bool empty() const;

 private:
  std::string& of(size_t column) {
    if (columns_.size() <= column) columns_.resize(column + 1);
    return columns_[column];
  }
  std::vector<std::string> columns_;
};

class ColumnReader {
 public:
  static constexpr bool kReads = true;
  static Result<ColumnReader> unpack(std::string_view packed);

  // 0 and no bytes beyond the end: then failed() says so.
  uint64_t number(size_t column) {
    if (column < columns_.size()) {  // most are small
      auto& [at, end] = columns_[column];
      if (at < end && static_cast<unsigned char>(raw_[at]) < 0x80)
        return static_cast<unsigned char>(raw_[at++]);
    }
    return long_number(column);
  }
  std::string_view bytes(size_t column, size_t count);
  bool failed() const { return failed_; }

 private:
  uint64_t long_number(size_t column);

  std::unique_ptr<char[]> raw_;
  std::vector<std::pair<size_t, size_t>> columns_;  // from and to, in raw_
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
