// Tables by columns. A column is one block of memory that grows by realloc (of a large one the
// kernel moves pages, not bytes) and is handed to numpy as it stands: nothing is copied, and no
// Python object is made a row.
//
// What is missing: NaN in a number, kMissing (numpy's NaT) in a time or an exact integer, -1 in a
// code.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "market/units.h"

namespace delever::python {

inline constexpr int64_t kMissing = std::numeric_limits<int64_t>::min();

// number: double. exact: int64 of a decimal scale. time: int64 ns since 1970 UTC. code: int32 into
// names. flag: bool. whole: int64.
enum class ColumnKind : uint8_t { number, exact, time, code, flag, whole };

// The names that codes stand for, in order of first sight.
class Names {
 public:
  int32_t code(std::string_view name);
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::map<std::string, int32_t, std::less<>> codes_;
  std::vector<std::string> names_;
};

class Column {
 public:
  Column(const char* name, ColumnKind kind) : name_(name), kind_(kind), width_(width_of(kind)) {}
  Column(Column&& other) noexcept { *this = std::move(other); }
  Column& operator=(Column&& other) noexcept {
    std::swap(data_, other.data_);
    name_ = other.name_, kind_ = other.kind_, width_ = other.width_;
    std::swap(size_, other.size_), std::swap(capacity_, other.capacity_);
    names_ = std::move(other.names_);
    return *this;
  }
  ~Column() { std::free(data_); }

  template <class T>
  void push(T value) {
    CHECK(sizeof(T) == width_);
    if (size_ == capacity_) grow();
    std::memcpy(data_ + size_ * sizeof(T), &value, sizeof(T));
    ++size_;
  }
  void clear() {
    size_ = 0;
    names_ = {};
  }
  size_t size() const { return size_; }
  const char* name() const { return name_; }
  ColumnKind kind() const { return kind_; }
  Names& names() { return names_; }
  pybind11::array take();  // with the lock held

 private:
  static size_t width_of(ColumnKind kind);
  void grow();
  const char* name_ = "";
  ColumnKind kind_ = ColumnKind::number;
  size_t width_ = 8, size_ = 0, capacity_ = 0;
  char* data_ = nullptr;
  Names names_;
};

// Rows are put field by field, in the same order each time; the first row makes the columns.
class Table {
 public:
  void begin() { next_ = 0; }
  void number(const char* name, std::optional<double> value) {
    at(name, ColumnKind::number).push(value.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  void time(const char* name, std::optional<Instant> value) {
    at(name, ColumnKind::time).push(value ? value->ns() : kMissing);
  }
  void exact(const char* name, std::optional<int64_t> value) {
    at(name, ColumnKind::exact).push(value.value_or(kMissing));
  }
  void whole(const char* name, int64_t value) { at(name, ColumnKind::whole).push(value); }
  void flag(const char* name, bool value) { at(name, ColumnKind::flag).push(value); }
  void code(const char* name, int32_t value) { at(name, ColumnKind::code).push(value); }
  void text(const char* name, std::string_view value) {
    Column& column = at(name, ColumnKind::code);
    column.push(column.names().code(value));
  }
  void text(const char* name, const char* value) { text(name, std::string_view(value)); }
  void text(const char* name, const std::optional<std::string>& value) {
    value ? text(name, std::string_view(*value)) : code(name, -1);
  }
  void forget_rows() {
    for (Column& column : columns_) column.clear();
  }
  size_t rows() const { return columns_.empty() ? 0 : columns_.front().size(); }
  // [(name, kind, array, names)]: the columns are given away.
  pybind11::list take();

 private:
  Column& at(const char* name, ColumnKind kind) {
    if (next_ == columns_.size()) columns_.emplace_back(name, kind);
    return columns_[next_++];
  }
  std::vector<Column> columns_;
  size_t next_ = 0;
};

}  // namespace delever::python
