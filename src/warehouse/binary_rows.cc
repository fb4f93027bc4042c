#include "warehouse/binary_rows.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "feeds/event_row.h"

namespace delever::warehouse {

static_assert(std::endian::native == std::endian::little, "RowBinary is little endian");

uint16_t day_of(Instant t) {
  constexpr int64_t kDay = 86'400'000'000'000;
  return static_cast<uint16_t>(std::clamp<int64_t>(t.ns() / kDay, 0, UINT16_MAX));
}

void BinaryRows::put_text(std::string_view value) {
  uint64_t length = value.size();
  for (; length >= 0x80; length >>= 7) put(static_cast<uint8_t>(length | 0x80));
  put(static_cast<uint8_t>(length));
  bytes_.append(value);
}

void BinaryRows::begin() {
  begins_.push_back(bytes_.size());
  column("tape", "String");
  put_text(place_.tape);
  column("batch", "UInt32");
  put(place_.batch);
  column("message", "UInt64");
  put(place_.message);
  column("day", "Date");
  put(day_of(place_.received));
}

void BinaryRows::time(const char* name, Instant value) {
  column(name, "Int64");
  put(value.ns());
}
void BinaryRows::time(const char* name, std::optional<Instant> value) {
  column(name, "Nullable(Int64)");
  put_optional(value ? std::optional(value->ns()) : std::nullopt);
}
void BinaryRows::number(const char* name, double value) {
  column(name, "Float64");
  put(value);
}
void BinaryRows::number(const char* name, std::optional<double> value) {
  column(name, "Nullable(Float64)");
  put_optional(value);
}
void BinaryRows::exact(const char* name, std::optional<int64_t> value) {
  column(name, "Nullable(Int64)");
  put_optional(value == feeds::kMissingInteger ? std::nullopt : value);
}
void BinaryRows::whole(const char* name, int64_t value) {
  column(name, "Int64");
  put(value);
}
void BinaryRows::flag(const char* name, bool value) {
  column(name, "UInt8");
  put(static_cast<uint8_t>(value));
}
void BinaryRows::code(const char* name, int32_t value) {
  text(name, value < 0 ? std::string_view() : name_of_(name, value));
}
void BinaryRows::text(const char* name, std::string_view value) {
  column(name, "String");
  put_text(value);
}

std::vector<ColumnInfo> BinaryRows::take_columns() {
  clear();
  known_ = true;
  return std::move(columns_);
}

void BinaryRows::clear() {
  bytes_.clear();
  begins_.clear();
}

std::string BinaryRows::take_bytes(size_t from_row) {
  std::string out = from_row == 0 ? std::move(bytes_) : bytes_.substr(begins_[from_row]);
  clear();
  return out;
}

}  // namespace delever::warehouse
