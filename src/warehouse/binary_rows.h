// Events of one kind as rows of a ClickHouse table, in its RowBinary format: what the columns are
// called and are, and the bytes of the rows. Before an event's own columns stand those that say
// where on which tape it is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace delever::warehouse {

struct ColumnInfo {
  std::string name, type;
  friend bool operator==(const ColumnInfo&, const ColumnInfo&) = default;
};

// What every row of a tape begins with.
struct RowPlace {
  std::string tape;
  uint32_t batch = 0;
  uint64_t message = 0;  // counted over the tape, in order of receipt
  Instant received;
};

// A Table of feeds/event_row.h.
class BinaryRows {
 public:
  using NameOf = std::function<std::string_view(std::string_view column, int32_t code)>;
  BinaryRows(const RowPlace& place, NameOf name_of) : place_(place), name_of_(std::move(name_of)) {}

  void begin();
  void time(const char* name, Instant value);
  void time(const char* name, std::optional<Instant> value);
  void number(const char* name, double value);
  void number(const char* name, std::optional<double> value);
  void exact(const char* name, std::optional<int64_t> value);
  void whole(const char* name, int64_t value);
  void flag(const char* name, bool value);
  void code(const char* name, int32_t value);
  void text(const char* name, std::string_view value);
  void text(const char* name, const char* value) { text(name, std::string_view(value)); }
  void text(const char* name, const std::optional<std::string>& value) {
    text(name, value ? std::string_view(*value) : std::string_view());
  }

  // Of the first row: it was made of an empty event, and goes.
  std::vector<ColumnInfo> take_columns();
  const std::string& bytes() const { return bytes_; }
  const std::vector<size_t>& begins() const { return begins_; }  // of each row, in bytes()
  size_t rows() const { return begins_.size(); }
  void clear();
  std::string take_bytes(size_t from_row);  // clears

 private:
  void column(const char* name, const char* type) {
    if (!known_) columns_.push_back({name, type});
  }
  void put(const void* value, size_t size) { bytes_.append(static_cast<const char*>(value), size); }
  template <class T>
  void put(T value) {
    put(&value, sizeof value);
  }
  template <class T>
  void put_optional(const std::optional<T>& value) {
    put(static_cast<uint8_t>(value ? 0 : 1));
    if (value) put(*value);
  }
  void put_text(std::string_view value);

  const RowPlace& place_;
  NameOf name_of_;
  bool known_ = false;
  std::vector<ColumnInfo> columns_;
  std::string bytes_;
  std::vector<size_t> begins_;
};

// Days since 1970 as ClickHouse's Date keeps them: from 1970-01-01 to 2149-06-06.
uint16_t day_of(Instant t);

}  // namespace delever::warehouse
