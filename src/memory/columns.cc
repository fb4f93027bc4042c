#include "memory/columns.h"

#include <zstd.h>

#include <algorithm>

namespace delever::memory {
namespace {

constexpr int kLevel = 3;
constexpr uint64_t kLargest = uint64_t{1} << 31;  // of one piece, unpacked

void append_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

bool take_number(std::string_view raw, size_t& at, size_t end, uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(raw[at++]);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

Error broken(std::string what) { return Error{Fault::malformed, std::move(what), "a piece"}; }

}  // namespace

void ColumnWriter::number(size_t column, uint64_t value) { append_number(of(column), value); }

bool ColumnWriter::empty() const {
  return std::all_of(columns_.begin(), columns_.end(), [](const auto& c) { return c.empty(); });
}

std::string ColumnWriter::pack() {
  std::string raw;
  append_number(raw, columns_.size());
  for (const std::string& column : columns_) append_number(raw, column.size());
  for (std::string& column : columns_) {
    raw += column;
    column.clear();
  }
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  const size_t size = ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), kLevel);
  CHECK(ZSTD_isError(size) == 0);
  packed.resize(size);
  return packed;
}

Result<ColumnReader> ColumnReader::unpack(std::string_view packed) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > kLargest)
    return broken("says no size that can be");
  ColumnReader out;
  out.raw_ = std::make_unique_for_overwrite<char[]>(size);
  const size_t got = ZSTD_decompress(out.raw_.get(), size, packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size) return broken("does not unpack");
  const std::string_view raw(out.raw_.get(), size);
  size_t at = 0;
  uint64_t count = 0;
  if (!take_number(raw, at, size, count) || count > size) return broken("has no list of columns");
  std::vector<uint64_t> sizes(count);
  for (uint64_t& one : sizes) {
    if (!take_number(raw, at, size, one)) return broken("its list of columns ends");
  }
  for (const uint64_t one : sizes) {
    if (one > size - at) return broken("a column is longer than it");
    out.columns_.emplace_back(at, at + one);
    at += one;
  }
  return out;
}

uint64_t ColumnReader::long_number(size_t column) {
  uint64_t value = 0;
  if (column >= columns_.size()) {
    failed_ = true;
    return 0;
  }
  auto& [at, end] = columns_[column];
  if (take_number({raw_.get(), end}, at, end, value)) return value;
  failed_ = true;
  return 0;
}

std::string_view ColumnReader::bytes(size_t column, size_t count) {
  if (column >= columns_.size() || columns_[column].second - columns_[column].first < count) {
    failed_ = true;
    return {};
  }
  auto& at = columns_[column].first;
  const std::string_view out(raw_.get() + at, count);
  at += count;
  return out;
}

}  // namespace delever::memory
