#include "venues/csv/written.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace delever::venues {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool take(std::string_view& rest, std::string_view what) {
  if (!rest.starts_with(what)) return false;
  rest.remove_prefix(what.size());
  return true;
}

void skip_spaces(std::string_view& rest) {
  while (take(rest, " ")) {}
}

// The space of a spreadsheet: plain, no-break, narrow no-break, thin.
bool take_space(std::string_view& rest) {
  return take(rest, " ") || take(rest, "\xC2\xA0") || take(rest, "\xE2\x80\xAF") ||
         take(rest, "\xE2\x80\x89");
}

bool take_mark(std::string_view& rest, const std::string& mark) {
  return mark == " " ? take_space(rest) : take(rest, mark);
}

size_t digits_at(std::string_view text) {
  size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

// Digits of one whole number, at least and at most so many.
bool take_number(std::string_view& rest, size_t least, size_t most, int& out) {
  const size_t n = digits_at(rest);
  if (n < least || n > most) return false;
  out = 0;
  for (const char c : rest.substr(0, n)) out = out * 10 + (c - '0');
  rest.remove_prefix(n);
  return true;
}

// "Jan", "january"; with the full stop of an abbreviation.
bool take_month(std::string_view& rest, int& month) {
  constexpr std::array<std::string_view, 12> names{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
  size_t n = 0;
  while (n < rest.size() && ((rest[n] | 0x20) >= 'a' && (rest[n] | 0x20) <= 'z')) ++n;
  const std::string word = lower(rest.substr(0, n));
  if (word.size() < 3) return false;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!names[i].starts_with(word) && !(i == 8 && word == "sept")) continue;
    month = static_cast<int>(i) + 1;
    rest.remove_prefix(n);
    (void)take(rest, ".");
    return true;
  }
  return false;
}

struct Date {
  int year = 0, month = 0, day = 0;
};

// What stands between the parts of a date; the same one twice, but for a month's name.
bool take_gap(std::string_view& rest, std::string& gap) {
  std::string found;
  for (const char* mark : {".", "/", "-", ","}) {
    if (found.empty() && take(rest, mark)) found = mark;
  }
  const size_t before = rest.size();
  skip_spaces(rest);
  if (found.empty() && rest.size() == before) return false;
  if (found.empty()) found = " ";
  const bool same = gap.empty() || gap == found;
  gap = found;
  return same;
}

bool take_date(std::string_view& rest, DateOrder order, Date& date) {
  std::string gap;
  bool named = false;
  const auto month = [&] {
    named = take_month(rest, date.month);
    return named || take_number(rest, 1, 2, date.month);
  };
  const auto day = [&] { return take_number(rest, 1, 2, date.day); };
  // "30 Jan, 2026" mixes its marks and cannot be misread.
  const auto between = [&] { return take_gap(rest, gap) || (named && !gap.empty()); };
  if (order == DateOrder::year_month_day)
    return take_number(rest, 4, 4, date.year) && between() && month() && between() && day();
  const bool first = order == DateOrder::day_month_year ? day() && between() && month()
                                                        : month() && between() && day();
  if (!first || !between()) return false;
  const size_t n = digits_at(rest);
  if ((n != 2 && n != 4) || !take_number(rest, 2, 4, date.year)) return false;
  if (n == 2) date.year += 2000;  // before it there were no such markets
  return true;
}

constexpr int64_t kSecond = 1'000'000'000;

// "9:15", "09:15:00.25", "9:15 PM": nanoseconds since midnight.
bool take_time_of_day(std::string_view& rest, int64_t& ns) {
  int hour = 0, minute = 0, second = 0;
  if (!take_number(rest, 1, 2, hour) || !take(rest, ":") || !take_number(rest, 2, 2, minute))
    return false;
  int64_t fraction = 0;
  if (take(rest, ":")) {
    if (!take_number(rest, 2, 2, second)) return false;
    if (take(rest, ".") || take(rest, ",")) {
      const size_t n = digits_at(rest);
      if (n == 0) return false;
      int64_t weight = kSecond / 10;
      for (size_t i = 0; i < n; ++i, weight /= 10) fraction += (rest[i] - '0') * weight;
      rest.remove_prefix(n);
    }
  }
  std::string_view behind = rest;
  skip_spaces(behind);
  const std::string half = lower(behind.substr(0, 2));
  if (half == "am" || half == "pm") {
    if (hour < 1 || hour > 12) return false;
    hour = hour % 12 + (half == "pm" ? 12 : 0);
    rest = behind.substr(2);
  }
  if (hour > 23 || minute > 59 || second > 60) return false;
  ns = ((hour * 60 + minute) * 60 + second) * kSecond + fraction;
  return true;
}

// What a text says of its own clock: nothing, UTC, or an offset. Takes all that is left.
bool take_zone(std::string_view rest, std::optional<Duration>& ahead) {
  skip_spaces(rest);
  if (rest.empty()) return true;
  if (rest == "Z" || rest == "UTC" || rest == "GMT") {
    ahead = Duration();
    return true;
  }
  if (!take(rest, "UTC")) (void)take(rest, "GMT");
  const bool west = rest.starts_with('-');
  if (!take(rest, "+") && !take(rest, "-")) return false;
  int hours = 0, minutes = 0;
  if (digits_at(rest) == 4) {
    if (!take_number(rest, 4, 4, hours)) return false;
    minutes = hours % 100;
    hours /= 100;
  } else {
    if (!take_number(rest, 1, 2, hours)) return false;
    if (take(rest, ":") && !take_number(rest, 2, 2, minutes)) return false;
  }
  if (!rest.empty() || hours > 14 || minutes > 59) return false;
  const Duration size = Duration::minutes(hours * 60 + minutes);
  ahead = west ? size * -1 : size;
  return true;
}

const char* example_of(DateOrder order) {
  switch (order) {
    case DateOrder::day_month_year:
      return "30.01.2026 09:15";
    case DateOrder::month_day_year:
      return "01/30/2026 9:15 AM";
    case DateOrder::year_month_day:
      return "2026/01/30 09:15";
  }
  check_failed("a DateOrder has an example", __FILE__, __LINE__);
}

Error bad_time(std::string_view text, std::string_view like) {
  return {Fault::malformed, fmt::format("not a time like {}: \"{}\"", like, text.substr(0, 60))};
}

// In UTC, of a text that may have said how its clock stands.
Result<Instant> in_utc(std::string_view text, Instant written, std::optional<Duration> said,
                       Duration ahead) {
  if (said && ahead != Duration() && *said != ahead)
    return Error{
        Fault::malformed,
        fmt::format("\"{}\" names another zone than the map's ahead_of_utc", text.substr(0, 60))};
  return written - said.value_or(ahead);
}

}  // namespace

std::optional<std::string> plain_number(std::string_view text, const NumberMarks& marks) {
  std::string out;
  if (take(text, "-"))
    out = "-";
  else
    (void)take(text, "+");
  size_t n = digits_at(text);
  out += text.substr(0, n);
  text.remove_prefix(n);
  const size_t first = n;
  if (!marks.thousands.empty()) {
    for (std::string_view rest = text; take_mark(rest, marks.thousands); text = rest) {
      n = digits_at(rest);
      if (n != 3 || first == 0 || first > 3) return std::nullopt;
      out += rest.substr(0, n);
      rest.remove_prefix(n);
    }
  }
  n = first;
  if (take(text, std::string_view(&marks.decimal, 1))) {
    const size_t decimals = digits_at(text);
    n += decimals;
    if (first == 0) out += '0';
    if (decimals > 0) out.append(".").append(text.substr(0, decimals));
    text.remove_prefix(decimals);
  }
  if (n == 0) return std::nullopt;
  if (!text.empty() && text.front() != 'e' && text.front() != 'E') return std::nullopt;
  return out.append(text);
}

Result<Instant> parse_written(std::string_view text, DateOrder order, Duration ahead) {
  std::string_view rest = trimmed(text);
  Date date;
  int64_t of_day = 0;
  if (!take_date(rest, order, date)) return bad_time(text, example_of(order));
  const auto midnight = Instant::from_date(date.year, date.month, date.day);
  if (!midnight.has_value()) return bad_time(text, example_of(order));
  std::optional<Duration> said;
  if (!rest.empty()) {
    (void)take(rest, ",");
    if (!rest.starts_with('T') && !rest.starts_with(' ')) return bad_time(text, example_of(order));
    rest.remove_prefix(1);
    skip_spaces(rest);
    if (!take_time_of_day(rest, of_day) || !take_zone(rest, said))
      return bad_time(text, example_of(order));
  }
  return in_utc(text, midnight.value() + Duration::ns(of_day), said, ahead);
}

Result<Instant> parse_iso(std::string_view text, Duration ahead) {
  // The offset stands behind a time of day: the hyphens of the date are none.
  const size_t clock = text.find_first_of("T ");
  const size_t sign = clock == text.npos ? clock : text.find_first_of("+-", clock);
  const bool in_zone = text.ends_with('Z') || text.ends_with(" UTC");
  auto read = Instant::parse(text.substr(0, sign));
  if (!read.has_value()) return Instant::parse(text);  // whose error shows all of it
  std::optional<Duration> said;
  if (in_zone) said = Duration();
  if (sign != text.npos && !take_zone(text.substr(sign), said)) return Instant::parse(text);
  return in_utc(text, read.value(), said, ahead);
}

}  // namespace delever::venues
