// Messages from the columns of a block. What the head says is believed no further than the bytes
// that are there: every plane, text and field is measured before it is read or written.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "tape/columns.h"

namespace delever::tape {
namespace {

constexpr size_t kChunk = 128;  // rows that are worked on at a time: their numbers stay in cache

Error bad_columns(std::string what) { return {Fault::malformed, std::move(what)}; }

struct Series {
  SeriesMode mode = SeriesMode::plain;
  uint64_t base = 0;  // the least; or the number before
  std::vector<const unsigned char*> planes;
  size_t taken = 0;

  void next(size_t rows, uint64_t* out) {
    std::fill_n(out, rows, uint64_t{0});
    for (size_t plane = 0; plane < planes.size(); ++plane) {
      const unsigned char* const from = planes[plane] + taken;
      for (size_t row = 0; row < rows; ++row) out[row] |= uint64_t{from[row]} << 8 * plane;
    }
    taken += rows;
    if (mode == SeriesMode::plain) {
      for (size_t row = 0; row < rows; ++row) out[row] += base;
    } else {
      for (size_t row = 0; row < rows; ++row) out[row] = base += unzigzag(out[row]);
    }
  }
};

struct FieldColumn {
  ColumnKind kind = ColumnKind::words;
  std::vector<std::string_view> words;
  const unsigned char* plane = nullptr;  // places in the list; or decimals
  std::string_view prefix, suffix, text;
  unsigned scale = 0;
  size_t a = 0, b = 0;
  uint64_t factor = 1;
  Series series;
  std::array<uint64_t, kChunk> values;

  bool numeric() const { return kind != ColumnKind::words && kind != ColumnKind::text; }
};

// Takes from the front of the columns: first the head, then, behind it, the planes.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  Result<std::string_view> take(uint64_t size) {
    if (size > static_cast<uint64_t>(end_ - at_)) return bad_columns("its columns are cut short");
    at_ += size;
    return std::string_view(at_ - size, size);
  }
  Result<unsigned> byte() { return static_cast<unsigned char>(TRY(take(1))[0]); }
  Result<uint64_t> varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint64_t byte = TRY(this->byte());
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return bad_columns("its columns hold a number beyond 64 bits");
  }
  Result<uint64_t> varint(uint64_t most, std::string_view of) {
    const uint64_t value = TRY(varint());
    if (value > most) return bad_columns(fmt::format("its columns say {} {}", value, of));
    return value;
  }
  Result<std::string_view> text(uint64_t most) { return take(TRY(varint(most, "bytes of text"))); }
  bool done() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

// The head is read as a whole before the body, whose planes follow in its order.
class Columns {
 public:
  Columns(const BlockHeader& header, std::string_view columns, BlockMessages& out)
      : header_(header), rows_(static_cast<size_t>(header.count)), bytes_(columns), out_(out) {}

  Result<void> read() {
    TRY(read_head());
    TRY(read_body());
    out_.times.resize(rows_);
    out_.offsets.resize(rows_ + 1);
    at_ = out_.bytes.get();
    end_ = at_ + header_.raw_bytes;
    before_ = header_.first.ns();
    for (size_t row = 0; row < rows_; row += kChunk)
      TRY(read_rows(row, std::min(kChunk, rows_ - row)));
    return check();
  }

 private:
  Result<void> read_head();
  Result<void> read_column(FieldColumn& column, size_t number);
  Result<void> read_times();
  Result<void> read_series(Series& series);
  Result<void> read_body();
  Result<void> read_planes(Series& series);
  Result<void> read_rows(size_t from, size_t rows);
  Result<void> read_row_times(size_t from, size_t rows);
  void read_values(size_t rows);
  // Why it cannot be written; nullptr: it was. Two million fields in a tenth of a second leave no
  // time for a Result.
  const char* write_row(size_t from, size_t row);
  const char* write_field(FieldColumn& column, size_t from, size_t row);
  const char* write_number_of(FieldColumn& column, size_t from, size_t row);
  bool put(std::string_view text) {
    if (text.size() > static_cast<size_t>(end_ - at_)) return false;
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return true;
  }
  Result<void> check();

  const BlockHeader& header_;
  const size_t rows_;
  Bytes bytes_;
  BlockMessages& out_;
  char delimiter_ = 0;
  std::vector<FieldColumn> columns_;
  std::vector<uint64_t> text_sizes_;
  std::optional<size_t> times_column_;
  uint64_t times_factor_ = 1;
  Series times_;
  std::array<uint64_t, kChunk> rest_{};
  char* at_ = nullptr;
  char* end_ = nullptr;
  int64_t before_ = 0;
  uint64_t numbers_bytes_ = 0;  // what times and lengths take in rows
};

constexpr const char* kTooLong = "its columns make more bytes than its header says";

Result<void> Columns::read_head() {
  delimiter_ = TRY(bytes_.take(1))[0];
  const auto fields = static_cast<size_t>(TRY(bytes_.varint(kFieldsMax, "fields")));
  // Each field but the first has a delimiter before it, each message two numbers in its row.
  if (fields < 1 || fields * rows_ > static_cast<size_t>(header_.raw_bytes))
    return bad_columns(fmt::format("claims {} fields in {} bytes", fields, header_.raw_bytes));
  columns_.resize(fields);
  text_sizes_.resize(fields);
  for (size_t i = 0; i < fields; ++i) TRY(read_column(columns_[i], i));
  return read_times();
}

// A product may only be of columns before it, so that no circle of them can be written.
Result<void> Columns::read_column(FieldColumn& column, size_t number) {
  const unsigned kind = TRY(bytes_.byte());
  if (kind > static_cast<unsigned>(ColumnKind::product))
    return bad_columns(fmt::format("has a column of the unknown kind {}", kind));
  column.kind = static_cast<ColumnKind>(kind);
  const auto raw_bytes = static_cast<uint64_t>(header_.raw_bytes);
  if (column.kind == ColumnKind::words) {
    const uint64_t words = TRY(bytes_.varint(kWordsMax, "words"));
    if (words == 0) return bad_columns("has a column of no words");
    for (uint64_t i = 0; i < words; ++i) column.words.push_back(TRY(bytes_.text(raw_bytes)));
    return {};
  }
  if (column.kind == ColumnKind::text) {
    text_sizes_[number] = TRY(bytes_.varint(raw_bytes, "bytes of text"));
    return read_series(column.series);
  }
  column.prefix = TRY(bytes_.text(kAffixMax));
  column.suffix = TRY(bytes_.text(kAffixMax));
  column.scale = TRY(bytes_.byte());
  if (column.scale > kDigitsMax) return bad_columns("has a number of too many digits");
  if (column.kind == ColumnKind::product) {
    if (number < 2) return bad_columns("has a product of columns that it does not have");
    column.a = static_cast<size_t>(TRY(bytes_.varint(number - 1, "columns before one")));
    column.b = static_cast<size_t>(TRY(bytes_.varint(number - 1, "columns before one")));
    const unsigned scale = columns_[column.a].scale + columns_[column.b].scale;
    if (!columns_[column.a].numeric() || !columns_[column.b].numeric() || scale > column.scale)
      return bad_columns("has a product of columns that are none of numbers");
    column.factor = power_of_ten(column.scale - scale);
  }
  return read_series(column.series);
}

Result<void> Columns::read_times() {
  const unsigned kind = TRY(bytes_.byte());
  if (kind > static_cast<unsigned>(TimesKind::column))
    return bad_columns(fmt::format("has times of the unknown kind {}", kind));
  if (static_cast<TimesKind>(kind) == TimesKind::column) {
    times_column_ = static_cast<size_t>(TRY(bytes_.varint(columns_.size() - 1, "columns")));
    const unsigned exponent = TRY(bytes_.byte());
    if (!columns_[*times_column_].numeric() || exponent > kDigitsMax)
      return bad_columns("has times of a column that is none of numbers");
    times_factor_ = power_of_ten(exponent);
  }
  return read_series(times_);
}

Result<void> Columns::read_series(Series& series) {
  const unsigned mode = TRY(bytes_.byte());
  if (mode > static_cast<unsigned>(SeriesMode::difference))
    return bad_columns(fmt::format("has a series of the unknown kind {}", mode));
  series.mode = static_cast<SeriesMode>(mode);
  series.base = unzigzag(TRY(bytes_.varint()));
  const unsigned width = TRY(bytes_.byte());
  if (width > 8) return bad_columns(fmt::format("has numbers of {} bytes", width));
  series.planes.resize(width);
  return {};
}

Result<void> Columns::read_body() {
  const auto plane = [&](const unsigned char*& at) -> Result<void> {
    at = reinterpret_cast<const unsigned char*>(TRY(bytes_.take(rows_)).data());
    return {};
  };
  for (size_t i = 0; i < columns_.size(); ++i) {
    FieldColumn& column = columns_[i];
    if (column.kind == ColumnKind::words) {
      if (column.words.size() == 1) continue;
      TRY(plane(column.plane));
      const size_t words = column.words.size();
      if (std::any_of(column.plane, column.plane + rows_, [&](unsigned w) { return w >= words; }))
        return bad_columns("has a word that is not in its list");
      continue;
    }
    TRY(read_planes(column.series));
    if (column.kind == ColumnKind::text) column.text = TRY(bytes_.take(text_sizes_[i]));
    if (column.kind != ColumnKind::varying) continue;
    TRY(plane(column.plane));
    if (std::any_of(column.plane, column.plane + rows_,
                    [&](unsigned d) { return d > column.scale; }))
      return bad_columns("has a number of too many digits");
  }
  TRY(read_planes(times_));
  if (!bytes_.done()) return bad_columns("has bytes behind its columns");
  return {};
}

Result<void> Columns::read_planes(Series& series) {
  for (const unsigned char*& plane : series.planes)
    plane = reinterpret_cast<const unsigned char*>(TRY(bytes_.take(rows_)).data());
  return {};
}

// The numbers of all columns, in their order: a product stands behind what it is made of.
void Columns::read_values(size_t rows) {
  for (FieldColumn& column : columns_) {
    if (column.kind == ColumnKind::words) continue;
    uint64_t* const values = column.values.data();
    column.series.next(rows, values);
    if (column.kind != ColumnKind::product) continue;
    const uint64_t* const a = columns_[column.a].values.data();
    const uint64_t* const b = columns_[column.b].values.data();
    for (size_t row = 0; row < rows; ++row) values[row] += a[row] * b[row] * column.factor;
  }
  times_.next(rows, rest_.data());
  if (!times_column_) return;
  const uint64_t* const values = columns_[*times_column_].values.data();
  for (size_t row = 0; row < rows; ++row) rest_[row] += values[row] * times_factor_;
}

Result<void> Columns::read_rows(size_t from, size_t rows) {
  read_values(rows);
  TRY(read_row_times(from, rows));
  for (size_t row = 0; row < rows; ++row) {
    char* const begin = at_;
    out_.offsets[from + row] = static_cast<uint32_t>(begin - out_.bytes.get());
    if (const char* why = write_row(from, row)) return bad_columns(why);
    numbers_bytes_ += varint_bytes(static_cast<uint64_t>(at_ - begin));
  }
  return {};
}

// A difference beyond 63 bits wraps and shows as a step back, as in rows.
Result<void> Columns::read_row_times(size_t from, size_t rows) {
  for (size_t row = 0; row < rows; ++row) {
    const auto time = static_cast<int64_t>(rest_[row]);
    if (time < before_) return bad_columns("its receive times are not in order");
    numbers_bytes_ += varint_bytes(static_cast<uint64_t>(time) - static_cast<uint64_t>(before_));
    out_.times[from + row] = before_ = time;
  }
  return {};
}

const char* Columns::write_row(size_t from, size_t row) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) {
      if (at_ == end_) return kTooLong;
      *at_++ = delimiter_;
    }
    if (const char* why = write_field(columns_[i], from, row)) return why;
  }
  return nullptr;
}

const char* Columns::write_field(FieldColumn& column, size_t from, size_t row) {
  if (column.numeric()) return write_number_of(column, from, row);
  if (column.kind == ColumnKind::words) {
    const size_t word = column.words.size() == 1 ? 0 : column.plane[from + row];
    return put(column.words[word]) ? nullptr : kTooLong;
  }
  const uint64_t size = column.values[row];
  if (size > column.text.size()) return "its texts are cut short";
  if (!put(column.text.substr(0, size))) return kTooLong;
  column.text.remove_prefix(size);
  return nullptr;
}

const char* Columns::write_number_of(FieldColumn& column, size_t from, size_t row) {
  auto digits = static_cast<int64_t>(column.values[row]);
  unsigned decimals = column.scale;
  if (column.kind == ColumnKind::varying) {
    decimals = column.plane[from + row];
    digits /= static_cast<int64_t>(power_of_ten(column.scale - decimals));
  }
  if (!column.prefix.empty() && !put(column.prefix)) return kTooLong;
  // Into the message where there is room for any number, else by way of a place that has it.
  if (static_cast<size_t>(end_ - at_) >= kNumberRoom) {
    at_ = write_number(at_, digits, decimals);
  } else {
    std::array<char, kNumberRoom> room;
    const char* const stop = write_number(room.data(), digits, decimals);
    if (!put({room.data(), static_cast<size_t>(stop - room.data())})) return kTooLong;
  }
  return column.suffix.empty() || put(column.suffix) ? nullptr : kTooLong;
}

// Every byte of the columns was used, and what came out is what the header says: also the length
// that the same messages would have in rows.
Result<void> Columns::check() {
  for (const FieldColumn& column : columns_) {
    if (!column.text.empty()) return bad_columns("has texts that belong to no message");
  }
  if (out_.times.front() != header_.first.ns() || out_.times.back() != header_.last.ns())
    return bad_columns("its receive times are not those of its header");
  const auto total = static_cast<uint64_t>(at_ - out_.bytes.get());
  if (total + numbers_bytes_ != static_cast<uint64_t>(header_.raw_bytes))
    return bad_columns("its lengths do not add up to its size");
  out_.offsets[rows_] = static_cast<uint32_t>(total);
  std::memset(at_, 0, kPadding);  // there is as much behind raw_bytes, and the messages end before
  return {};
}

}  // namespace

Result<void> read_columns(const BlockHeader& header, std::string_view columns, BlockMessages& out) {
  if (header.raw_bytes < 2 || static_cast<uint64_t>(header.raw_bytes) > kPayloadMax ||
      header.count < 1 || header.count > header.raw_bytes / 2) {
    return bad_columns(
        fmt::format("claims {} messages in {} bytes", header.count, header.raw_bytes));
  }
  out.reserve(static_cast<size_t>(header.raw_bytes));
  return Columns(header, columns, out).read();
}

}  // namespace delever::tape
