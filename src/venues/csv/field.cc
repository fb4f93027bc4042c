#include "venues/csv/field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "base/text.h"

namespace delever::venues {
namespace {

// What the file has in its place; a header that was not taken apart says why.
std::string said_of(std::string_view name, const FieldSources& sources) {
  constexpr size_t kShown = 100;
  if (sources.columns.size() == 1) {
    const std::string& line = sources.columns[0];
    for (const auto& [mark, words] :
         {std::pair{';', ";"}, std::pair{'\t', "tab"}, std::pair{'|', "|"}, std::pair{',', ","}}) {
      if (line.find(mark) != line.npos)
        return fmt::format(": its first line is \"{}\" (separator = \"{}\" in the map?)",
                           line.substr(0, kShown), words);
    }
  }
  std::string has;
  for (const std::string& column : sources.columns) has += (has.empty() ? "" : ", ") + column;
  if (has.size() > kShown) has = has.substr(0, kShown) + "...";
  return fmt::format("{}: it has {}", did_you_mean(name, sources.columns), has);
}

Result<size_t> find_column(const Config& config, std::string_view key, std::string_view name,
                           const FieldSources& sources) {
  if (sources.asked) {
    std::vector<std::string>& asked = *sources.asked;
    if (std::find(asked.begin(), asked.end(), name) == asked.end()) asked.emplace_back(name);
    return 0;
  }
  const auto found = std::find(sources.columns.begin(), sources.columns.end(), name);
  if (found == sources.columns.end())
    return Error{Fault::malformed,
                 fmt::format("the file has no column \"{}\"{}", name, said_of(name, sources)),
                 config.place(key)};
  // Two columns of one name: which one is meant cannot be known.
  if (std::find(found + 1, sources.columns.end(), name) != sources.columns.end())
    return Error{Fault::malformed, fmt::format("the file has two columns \"{}\"", name),
                 config.place(key)};
  return static_cast<size_t>(found - sources.columns.begin());
}

// column, value or file: exactly one of them.
Result<void> read_origin(const Config& table, std::string_view label, const FieldSources& sources,
                         Field& out) {
  out.label = label;
  if (table.has("column") + table.has("value") + table.has("file") != 1)
    return Error{Fault::malformed, "want one of column, value, file", table.place()};
  if (table.has("column")) {
    if (auto name = table.text("column"); name.has_value()) {
      out.label = std::move(name).value();
    } else {  // files of several years: the first of these that there is, and the last has to be
      const std::vector<std::string> names = TRY(table.texts("column"));
      if (names.empty()) return Error{Fault::malformed, "no column", table.place("column")};
      out.label = names.back();
      for (size_t i = names.size(); i-- > 0 && !sources.asked;) {
        if (std::find(sources.columns.begin(), sources.columns.end(), names[i]) !=
            sources.columns.end())
          out.label = names[i];
      }
    }
    out.column = TRY(find_column(table, "column", out.label, sources));
  } else if (table.has("value")) {
    out.constant = TRY(table.text("value"));
  } else {
    const std::string part = TRY(table.text("file"));
    const auto found = sources.file_parts.find(part);
    if (sources.asked) return {};
    if (found == sources.file_parts.end())
      return Error{Fault::malformed, fmt::format("file_name has no part {{{}}}", part),
                   table.place("file")};
    out.constant = found->second;
  }
  return {};
}

// How far the decimal point moves to the right.
Result<int> shift_of_unit(const Config& table) {
  const std::string unit = TRY(table.text("unit", "one"));
  if (unit == "one") return 0;
  if (unit == "percent") return -2;
  if (unit == "basis_points") return -4;
  if (unit == "thousand") return 3;
  if (unit == "million") return 6;
  return Error{Fault::malformed, "want one, percent, basis_points, thousand or million",
               table.place("unit")};
}

Result<TimeUnit> time_unit(const Config& table) {
  constexpr std::array<std::pair<std::string_view, TimeUnit>, 10> names{
      {{"s", TimeUnit::seconds},
       {"ms", TimeUnit::ms},
       {"us", TimeUnit::us},
       {"ns", TimeUnit::ns},
       {"ms_or_us", TimeUnit::ms_or_us},
       {"iso", TimeUnit::iso},
       {"yyyymmdd", TimeUnit::yyyymmdd},
       {"dmy", TimeUnit::dmy},
       {"mdy", TimeUnit::mdy},
       {"ymd", TimeUnit::ymd}}};
  const std::string name = TRY(table.text("unit"));
  for (const auto& [known, unit] : names) {
    if (known == name) return unit;
  }
  return Error{Fault::malformed, "want s, ms, us, ns, ms_or_us, iso, yyyymmdd, dmy, mdy or ymd",
               table.place("unit")};
}

Result<Instant> parse_yyyymmdd(std::string_view text) {
  const auto number = read_int(text);
  if (text.size() != 8 || !number || *number < 0)
    return Error{Fault::malformed, fmt::format("not a YYYYMMDD date: \"{}\"", text.substr(0, 40))};
  const int n = static_cast<int>(*number);
  return Instant::from_date(n / 10000, n / 100 % 100, n % 100);
}

// Epoch numbers as decimals of a nanosecond, so that "1616544000.25" seconds is exact.
Result<Instant> parse_epoch(std::string_view text, TimeUnit unit, bool inclusive) {
  int digits = 0;
  switch (unit) {
    case TimeUnit::seconds:
      digits = 9;
      break;
    case TimeUnit::ms:
      digits = 6;
      break;
    case TimeUnit::us:
      digits = 3;
      break;
    // Milliseconds reach 10^14 in the year 5138; microseconds passed it in 1973.
    case TimeUnit::ms_or_us:
      digits = text.substr(0, text.find('.')).size() > 14 ? 3 : 6;
      break;
    default:
      break;
  }
  int64_t ns = TRY(read_decimal(text, digits, Precision::exact)).units;
  // Inclusive: the end is one unit after the last instant that the file names.
  int64_t one = 1;
  for (; digits > 0; --digits) one *= 10;
  if (inclusive && __builtin_add_overflow(ns, one, &ns))
    return Error{Fault::out_of_range, "beyond the years 1677 to 2262"};
  return Instant::ns(ns);
}

Result<Instant> parse_time(std::string_view text, const TimeField& time) {
  switch (time.unit) {
    case TimeUnit::iso:
      return parse_iso(text, time.ahead);
    case TimeUnit::yyyymmdd:
      return parse_yyyymmdd(text);
    case TimeUnit::dmy:
      return parse_written(text, DateOrder::day_month_year, time.ahead);
    case TimeUnit::mdy:
      return parse_written(text, DateOrder::month_day_year, time.ahead);
    case TimeUnit::ymd:
      return parse_written(text, DateOrder::year_month_day, time.ahead);
    default:
      return parse_epoch(text, time.unit, time.inclusive);
  }
}

}  // namespace

Result<Field> read_field(const Config& config, std::string_view key, const FieldSources& sources) {
  Field out;
  // A bare text is the name of a column.
  if (auto name = config.text(key); name.has_value()) {
    out.label = name.value();
    out.column = TRY(find_column(config, key, out.label, sources));
    return out;
  }
  if (!config.has(key)) return Error{Fault::malformed, "missing", config.place(key)};
  auto found = config.table(key);
  if (!found.has_value())
    return Error{Fault::malformed, "want a column's name or a table such as { column = \"x\" }",
                 config.place(key)};
  const Config table = std::move(found).value();
  TRY(read_origin(table, key, sources, out));
  if (table.has("strip")) out.strip = TRY(table.texts("strip"));
  if (table.has("missing")) out.missing = TRY(table.texts("missing"));
  if (table.has("suffix")) {
    const Config suffixes = TRY(table.table("suffix"));
    for (const std::string& suffix : suffixes.keys()) {
      const int64_t shift = TRY(suffixes.integer(suffix));
      if (shift < -30 || shift > 30)
        return Error{Fault::malformed, "want -30 to 30", suffixes.place(suffix)};
      out.suffixes.emplace_back(suffix, static_cast<int>(shift));
    }
  }
  if (table.has("values")) {
    const Config values = TRY(table.table("values"));
    for (const std::string& from : values.keys()) out.values.emplace(from, TRY(values.text(from)));
  }
  out.shift = TRY(shift_of_unit(table));
  out.half = TRY(table.boolean("half", false));
  if (table.has("round"))
    out.precision = TRY(table.boolean("round")) ? Precision::nearest : Precision::exact;
  return out;
}

Result<std::optional<Field>> maybe_field(const Config& config, std::string_view key,
                                         const FieldSources& sources) {
  if (!config.has(key)) return std::optional<Field>();
  return std::optional<Field>(TRY(read_field(config, key, sources)));
}

Result<TimeField> read_time_field(const Config& table, std::string_view label,
                                  const FieldSources& sources) {
  TimeField out;
  TRY(read_origin(table, label, sources, out.field));
  out.unit = TRY(time_unit(table));
  out.inclusive = TRY(table.boolean("inclusive", false));
  const bool epoch = out.unit <= TimeUnit::ms_or_us;
  if (table.has("ahead_of_utc")) {
    out.ahead = TRY(table.duration("ahead_of_utc"));
    if (epoch || out.unit == TimeUnit::yyyymmdd)
      return Error{Fault::malformed, "is for written times: iso, dmy, mdy or ymd",
                   table.place("ahead_of_utc")};
    if (out.ahead > Duration::hours(14) || out.ahead < Duration::hours(-12))
      return Error{Fault::malformed, "want -12h to 14h", table.place("ahead_of_utc")};
  }
  if (out.inclusive && !epoch)
    return Error{Fault::malformed, "is for numbers: s, ms, us, ns or ms_or_us",
                 table.place("inclusive")};
  return out;
}

Result<std::optional<TimeField>> maybe_time_field(const Config& config, std::string_view key,
                                                  const FieldSources& sources) {
  if (!config.has(key)) return std::optional<TimeField>();
  const Config table = TRY(config.table(key));
  return std::optional<TimeField>(TRY(read_time_field(table, key, sources)));
}

bool Condition::holds(const std::vector<std::string_view>& fields) const {
  if (column >= fields.size()) return false;
  return (std::find(any.begin(), any.end(), trimmed(fields[column])) != any.end()) == wanted;
}

Result<std::vector<Condition>> read_conditions(const Config& config, const FieldSources& sources) {
  std::vector<Condition> out;
  for (const Config& table : TRY(config.tables("where"))) {
    Condition condition;
    const std::string name = TRY(table.text("column"));
    condition.column = TRY(find_column(table, "column", name, sources));
    condition.wanted = !table.has("not");
    condition.any = TRY(table.texts(condition.wanted ? "is" : "not"));
    out.push_back(std::move(condition));
  }
  return out;
}

std::optional<std::string_view> RowReader::text(const Field& field) {
  std::string_view text = field.constant;
  if (field.column)
    text = trimmed((*fields_)[*field.column]);  // the caller has checked the row's width
  // An empty field is always missing; 0 never is, unless the map says so.
  if (text.empty() ||
      std::find(field.missing.begin(), field.missing.end(), text) != field.missing.end())
    return std::nullopt;
  if (field.values.empty()) return text;
  const auto found = field.values.find(text);
  // A word that the map does not know may mean anything, so it is a bad row and not a missing
  // value.
  if (found == field.values.end()) {
    fail(Fault::malformed, fmt::format("\"{}\" is not among the map's values", text.substr(0, 40)),
         field.label);
    return std::nullopt;
  }
  return std::string_view(found->second);
}

std::optional<std::string_view> RowReader::figure(const Field& field) {
  const auto raw = text(field);
  if (!raw) return std::nullopt;
  if (field.strip.empty() && field.suffixes.empty() && field.shift == 0 && marks_.plain())
    return raw;
  scratch_ = *raw;
  for (const std::string& gone : field.strip) {
    if (gone.empty()) continue;
    for (size_t at = 0; (at = scratch_.find(gone, at)) != scratch_.npos;)
      scratch_.erase(at, gone.size());
  }
  int shift = field.shift;
  // The first suffix that fits, and once: what is left must be a number.
  for (const auto& [suffix, by] : field.suffixes) {
    if (!scratch_.ends_with(suffix)) continue;
    scratch_.resize(scratch_.size() - suffix.size());
    shift += by;
    break;
  }
  if (!marks_.plain() && field.column) {  // a constant is the map's own, and written as ours
    auto number = plain_number(trimmed(scratch_), marks_);
    if (!number) {
      fail(Fault::malformed,
           fmt::format("\"{}\" is not a number in the map's marks", raw->substr(0, 40)),
           field.label);
      return std::nullopt;
    }
    scratch_ = *std::move(number);
  }
  // ".5" and "-.5" as spreadsheets write them: a decimal of ours has a digit before its point.
  if (const size_t point = scratch_.starts_with('-'); scratch_.substr(point, 1) == ".")
    scratch_.insert(point, 1, '0');
  if (shift != 0) {  // the text's own exponent and ours in one
    const size_t e = scratch_.find_first_of("eE");
    int64_t exponent = shift;
    if (e != scratch_.npos) {
      std::string_view own = std::string_view(scratch_).substr(e + 1);
      if (own.starts_with('+')) own.remove_prefix(1);
      const auto written = read_int(own);
      if (!written || *written < -999 || *written > 999) {
        fail(Fault::malformed, fmt::format("\"{}\" is not a number", raw->substr(0, 40)),
             field.label);
        return std::nullopt;
      }
      exponent += *written;
      scratch_.resize(e);
    }
    scratch_ += fmt::format("e{}", exponent);
  }
  return std::string_view(scratch_);
}

std::optional<int64_t> RowReader::decimal(const Field& field, int digits, Precision precision) {
  const auto number = figure(field);
  if (!number) return std::nullopt;
  auto read = read_decimal(*number, digits, field.precision.value_or(precision));
  if (!read.has_value()) {
    fail(read.error().fault, std::move(read.error().what), field.label);
    return std::nullopt;
  }
  return read.value().units;
}

std::optional<double> RowReader::number(const Field& field) {
  const auto figures = figure(field);
  if (!figures) return std::nullopt;
  const auto value = read_double(*figures);
  if (!value) {
    fail(Fault::malformed, fmt::format("\"{}\" is not a finite number", figures->substr(0, 40)),
         field.label);
    return std::nullopt;
  }
  return field.half ? *value / 2 : *value;
}

std::optional<int64_t> RowReader::whole(const Field& field) {
  return decimal(field, 0, Precision::exact);
}

std::optional<Instant> RowReader::instant(const TimeField& time) {
  const auto written = text(time.field);
  if (!written) return std::nullopt;
  auto parsed = parse_time(*written, time);
  if (parsed.has_value()) return parsed.value();
  fail(parsed.error().fault, std::move(parsed.error().what), time.field.label);
  return std::nullopt;
}

}  // namespace delever::venues
