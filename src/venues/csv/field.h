// One value of a CSV row as a column map describes it (docs/column-maps.md): where it stands, what
// is stripped from it, how its decimal point moves. Shifts are made in the text ("0.0099" percent
// is read as 0.0099e-2), so exact types stay exact and doubles are rounded once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config.h"
#include "base/time.h"
#include "market/units.h"
#include "venues/csv/written.h"

namespace delever::venues {

// What a field may refer to: the header's columns, and the parts of the file's name.
struct FieldSources {
  std::vector<std::string> columns;
  std::map<std::string, std::string, std::less<>> file_parts;
  // Where it is set, whatever a map asks for is there, and the columns it asks for are kept here.
  std::vector<std::string>* asked = nullptr;
};

struct Field {
  std::string label;  // for errors: the column, else the key in the map
  std::optional<size_t> column;
  std::string constant;  // when there is no column
  std::vector<std::string> strip, missing;
  std::vector<std::pair<std::string, int>> suffixes;  // "M" moves the point by 6
  std::map<std::string, std::string, std::less<>> values;
  int shift = 0;
  bool half = false;
  std::optional<Precision> precision;
};

// A field is the name of a column, or a table { column | value | file, ... }.
Result<Field> read_field(const Config& config, std::string_view key, const FieldSources& sources);
Result<std::optional<Field>> maybe_field(const Config& config, std::string_view key,
                                         const FieldSources& sources);

enum class TimeUnit : uint8_t { seconds, ms, us, ns, ms_or_us, iso, yyyymmdd, dmy, mdy, ymd };

struct TimeField {
  Field field;
  TimeUnit unit = TimeUnit::iso;
  bool inclusive = false;  // the last ms (us, ...) inside a period: its end is one unit later
  Duration ahead;          // of UTC, of the clock that wrote the texts
};
// The table itself, and the table under a key.
Result<TimeField> read_time_field(const Config& table, std::string_view label,
                                  const FieldSources& sources);
Result<std::optional<TimeField>> maybe_time_field(const Config& config, std::string_view key,
                                                  const FieldSources& sources);

// Keeps rows (or events of a row) by the text of a column.
struct Condition {
  size_t column = 0;
  std::vector<std::string> any;
  bool wanted = true;  // false: any of these drops the row

  bool holds(const std::vector<std::string_view>& fields) const;
};
Result<std::vector<Condition>> read_conditions(const Config& config, const FieldSources& sources);

// Reads fields of one row and remembers the first thing that went wrong. A missing value is
// nullopt.
class RowReader {
 public:
  // Of every number of the file.
  void set_marks(NumberMarks marks) { marks_ = std::move(marks); }
  void begin(const std::vector<std::string_view>& fields) {
    fields_ = &fields;
    error_.reset();
  }
  bool ok() const { return !error_; }
  Error& error() { return *error_; }
  void fail(Fault fault, std::string what, std::string_view label) {
    if (!error_) error_ = Error{fault, std::move(what), std::string(label)};
  }

  std::optional<std::string_view> text(const Field& field);
  std::optional<double> number(const Field& field);
  std::optional<int64_t> whole(const Field& field);
  std::optional<Instant> instant(const TimeField& time);
  template <class T>
  std::optional<T> fixed(const Field& field, Precision precision = Precision::exact) {
    const auto number = figure(field);
    if (!number) return std::nullopt;
    auto read = T::parse(*number, field.precision.value_or(precision));
    if (!read.has_value()) {
      fail(read.error().fault, std::move(read.error().what), field.label);
      return std::nullopt;
    }
    if (!field.half) return read.value();
    const auto units = read.value().raw();
    return T::raw(units / 2 + units % 2);  // half of an odd last digit rounds away from zero
  }

  std::optional<std::string_view> text(const std::optional<Field>& f) {
    return f ? text(*f) : std::nullopt;
  }
  std::optional<double> number(const std::optional<Field>& f) {
    return f ? number(*f) : std::nullopt;
  }
  template <class T>
  std::optional<T> fixed(const std::optional<Field>& f, Precision precision = Precision::exact) {
    if (!f) return std::nullopt;
    return fixed<T>(*f, precision);
  }
  // For kinds that mean nothing without it.
  template <class T>
  T must(std::optional<T> value, const Field& field) {
    if (!value) fail(Fault::malformed, "missing", field.label);
    return value.value_or(T());
  }

 private:
  std::optional<std::string_view> figure(
      const Field& field);  // text of a number, cleaned and shifted
  std::optional<int64_t> decimal(const Field& field, int digits, Precision precision);

  const std::vector<std::string_view>* fields_ = nullptr;
  NumberMarks marks_;
  std::optional<Error> error_;
  std::string scratch_;
};

}  // namespace delever::venues
