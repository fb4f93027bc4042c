#include "gauges/claim_dates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace delever::gauges {
namespace {

constexpr std::array<std::string_view, 12> kMonthNames{
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
// Before a month's name that is a word as well: "in May", "the low of March".
constexpr std::array<std::string_view, 9> kBefore{"in",      "of",    "for",  "during", "since",
                                                  "through", "until", "this", "last"};
constexpr std::array<std::string_view, 5> kJoins{"to", "till", "until", "through", "and"};
constexpr std::array<std::string_view, 5> kBetween{"th", "st", "nd", "rd", "of"};

bool is_numeral(char c) { return c >= '0' && c <= '9'; }
bool is_alphabetic(char c) { return c >= 'a' && c <= 'z'; }

struct Token {
  std::string text;
  std::optional<Instant> iso;
  std::optional<Duration> clock;  // of an ISO time with an hour
  bool glued = false;             // to the one before
};

// "2026-01-29", with a time of day behind a T or without; where it ends.
std::optional<size_t> iso_end(std::string_view text, size_t at) {
  if (at + 10 > text.size() || text[at + 4] != '-') return std::nullopt;
  if (!Instant::parse(text.substr(at, 10)).has_value()) return std::nullopt;
  size_t end = at + 10;
  if (end < text.size() && (text[end] == 't' || text[end] == 'T')) {
    while (end < text.size() && (is_numeral(text[end]) || text[end] == ':' || text[end] == '.' ||
                                 text[end] == 't' || text[end] == 'z'))
      ++end;
  }
  return end;
}

// Words, numbers and whole ISO dates in lower case; what stands between them is dropped.
std::vector<Token> tokens_of(std::string_view text) {
  const std::string t = lower(text);
  std::vector<Token> out;
  size_t last_end = std::string::npos;
  for (size_t at = 0; at < t.size();) {
    Token token;
    size_t end = at;
    if (const auto iso = iso_end(t, at)) {
      end = *iso;
      token.iso = Instant::parse(t.substr(at, 10)).value();
      if (const auto time = Instant::parse(upper(t.substr(at, end - at)));
          time.has_value() && end - at > 10)
        token.clock = time.value() - *token.iso;
    } else if (is_numeral(t[at])) {
      while (end < t.size() && (is_numeral(t[end]) || t[end] == '.' || t[end] == ':')) ++end;
    } else if (is_alphabetic(t[at])) {
      while (end < t.size() && is_alphabetic(t[end])) ++end;
    } else {
      ++at;
      continue;
    }
    token.text = t.substr(at, end - at);
    token.glued = at == last_end;
    const bool ordinal = std::find(kBetween.begin(), kBetween.end(), token.text) != kBetween.end();
    if (!ordinal || (token.text == "of" && (out.empty() || !is_numeral(out.back().text.back()))))
      out.push_back(std::move(token));
    at = last_end = end;
  }
  return out;
}

std::optional<int> month_of(const Token& token) {
  for (size_t m = 0; m < kMonthNames.size(); ++m) {
    const std::string_view name = kMonthNames[m];
    const bool is_short = token.text == name.substr(0, 3) || (m == 8 && token.text == "sept");
    if (token.text == name || is_short) return static_cast<int>(m) + 1;
  }
  return std::nullopt;
}

std::optional<int> whole(const Token& token, int64_t low, int64_t high) {
  if (token.iso || !is_numeral(token.text.front())) return std::nullopt;
  const auto n = read_int(token.text);
  return n && *n >= low && *n <= high ? std::optional(static_cast<int>(*n)) : std::nullopt;
}
std::optional<int> year_of(const Token& token) {
  return token.text.size() == 4 ? whole(token, 1990, 2199) : std::nullopt;
}
std::optional<int> day_of(const Token& token) {
  return token.text.size() <= 2 ? whole(token, 1, 31) : std::nullopt;
}

// Reads dates and spans from the front of what is left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : tokens_(tokens_of(text)) {}

  ClaimDates read() {
    while (at_ < tokens_.size()) {
      if (!iso() && !day_first() && !month_first() && !expiry()) span();
    }
    return std::move(out_);
  }

 private:
  const Token* ahead(size_t n) const {
    return at_ + n < tokens_.size() ? &tokens_[at_ + n] : nullptr;
  }
  std::optional<int> read_ahead(size_t n, std::optional<int> (*of)(const Token&)) const {
    const Token* token = ahead(n);
    return token ? of(*token) : std::nullopt;
  }
  bool add(int year, int month, int day) {
    const auto date = Instant::from_date(year, month, day);
    if (date.has_value()) out_.days.push_back({date.value(), std::nullopt});
    return date.has_value();
  }
  bool iso() {
    const Token& token = tokens_[at_];
    if (!token.iso) return false;
    out_.days.push_back({*token.iso, token.clock});
    ++at_;
    return true;
  }
  // "29 Jan 2026", "1-29 Jan 2026".
  bool day_first() {
    const auto day = read_ahead(0, day_of);
    if (!day) return false;
    const bool joined = ahead(1) && std::find(kJoins.begin(), kJoins.end(), ahead(1)->text) !=
                                        kJoins.end();  // "1 to 29 Jan 2026"
    const size_t at_until = joined ? 2 : 1;
    const auto until = read_ahead(at_until, day_of);
    const size_t at_month = until ? at_until + 1 : 1;
    const auto month = read_ahead(at_month, month_of), year = read_ahead(at_month + 1, year_of);
    if (!month || !year || !add(*year, *month, *day)) return false;
    if (until) add(*year, *month, *until);
    at_ += at_month + 2;
    return true;
  }
  // "Jan 29, 2026", "Jan 1-29, 2026".
  bool month_first() {
    const auto month = read_ahead(0, month_of), day = read_ahead(1, day_of);
    if (!month || !day) return false;
    const auto until = read_ahead(2, day_of);
    const auto year = read_ahead(until ? 3 : 2, year_of);
    if (!year || !add(*year, *month, *day)) return false;
    if (until) add(*year, *month, *until);
    at_ += until ? 4 : 3;
    return true;
  }
  // "30JAN26".
  bool expiry() {
    const auto day = read_ahead(0, day_of), month = read_ahead(1, month_of);
    const Token* year = ahead(2);
    if (!day || !month || !year || !ahead(1)->glued || !year->glued) return false;
    const auto short_year = whole(*year, 0, 99);
    if (!short_year || !add(2000 + *short_year, *month, *day)) return false;
    at_ += 3;
    return true;
  }
  void span() {
    const Token& token = tokens_[at_];
    auto year = read_ahead(1, year_of);
    const Token* before = at_ > 0 ? &tokens_[at_ - 1] : nullptr;
    const bool in =
        before && std::find(kBefore.begin(), kBefore.end(), before->text) != kBefore.end();
    const Token* next = ahead(1);
    std::string named;
    size_t length = 1;
    // "the February expiry"; march and may are words, and "29 January" is a day.
    const bool of_a_day = (before && day_of(*before)) || read_ahead(1, day_of);
    const bool sure = token.text.size() > 3 && token.text != "march" && !of_a_day;
    if (const auto month = month_of(token); month && (year || in || sure)) {
      named = std::string(kMonthNames[static_cast<size_t>(*month) - 1]);
      named[0] = upper(named.substr(0, 1))[0];
      length = year ? 2 : 1;
    } else if (year_of(token)) {
      named = token.text;
    } else if (token.text == "q" && next && next->glued && whole(*next, 1, 4)) {
      named = "Q" + next->text;
      length = 2;
    } else if (whole(token, 1, 4) && next && next->glued && next->text == "q") {
      named = "Q" + token.text;
      length = 2;
    } else if (token.text == "fy" || token.text == "ytd" || token.text == "mtd" ||
               token.text == "qtd") {
      named = upper(token.text);
    }
    if (named.starts_with("Q") && (year = read_ahead(length, year_of))) ++length;
    if (!named.empty() && year && named != token.text) named += fmt::format(" {}", *year);
    if (!named.empty() && !out_.calendar) out_.calendar = named;
    at_ += length;
  }

  const std::vector<Token> tokens_;
  size_t at_ = 0;
  ClaimDates out_;
};

// "0800" behind a year is no other year, and "08.30" no number of anything.
bool is_unread_hour(const std::vector<Token>& tokens, size_t i) {
  const Token& token = tokens[i];
  std::string_view digits = token.text;
  while (digits.ends_with('.') || digits.ends_with(':')) digits.remove_suffix(1);
  if (digits.find('.') != digits.npos) return true;
  if (digits.size() != 4) return false;
  return !year_of(token) || (i > 0 && year_of(tokens[i - 1]));
}

}  // namespace

std::optional<Duration> clock_of(std::string_view word) {
  const std::vector<std::string_view> parts = split(word, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  int64_t seconds = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool hour = i == 0;
    if (parts[i].size() > 2 || (!hour && parts[i].size() != 2)) return std::nullopt;
    const auto n = read_int(parts[i]);
    if (!n || *n < 0 || *n > (hour ? 24 : 59)) return std::nullopt;
    seconds = seconds * 60 + *n;
  }
  if (parts.size() == 2) seconds *= 60;
  return seconds > 24 * 3600 ? std::nullopt : std::optional(Duration::seconds(seconds));
}

NamedClocks clocks_in(std::string_view text) {
  constexpr std::array<std::string_view, 7> kBounds{"till",   "until", "from", "since",
                                                    "before", "after", "by"};
  // "UTC+00:00": how far a zone is away is no time of day.
  std::string rest = lower(text);
  for (const std::string_view zone : {"utc", "gmt"}) {
    for (size_t at = rest.find(zone); at != rest.npos; at = rest.find(zone, at + 1)) {
      const size_t sign = rest.find_first_not_of(' ', at + zone.size());
      if (sign == rest.npos || (rest[sign] != '+' && rest[sign] != '-')) continue;
      const size_t end = std::min(rest.find_first_not_of("0123456789:", sign + 1), rest.size());
      std::fill(rest.begin() + static_cast<std::ptrdiff_t>(sign),
                rest.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    }
  }
  const std::vector<Token> tokens = tokens_of(rest);
  NamedClocks out;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.iso || !is_numeral(token.text.front())) continue;
    if (const auto clock = clock_of(token.text)) {
      out.clocks.push_back(*clock);
      const bool bound =
          i > 0 && std::find(kBounds.begin(), kBounds.end(), tokens[i - 1].text) != kBounds.end();
      out.bounds = out.bounds || bound;
    } else if (token.text.find(':') != token.text.npos || is_unread_hour(tokens, i)) {
      out.unread = token.text;
    }
  }
  return out;
}

ClaimDates dates_in(std::string_view text) { return Scanner(text).read(); }

std::string NamedMonth::text() const {
  std::string name(kMonthNames[static_cast<size_t>(month) - 1]);
  name[0] = upper(name.substr(0, 1))[0];
  return day ? fmt::format("{} {}", *day, name) : name;
}

// May and march are words, where no day and nothing that expires stands beside them.
std::vector<NamedMonth> months_in(std::string_view text) {
  constexpr std::array<std::string_view, 6> kDated{"expir", "option",  "contract",
                                                   "max",   "monthly", "quarterly"};
  const std::vector<Token> tokens = tokens_of(text);
  std::vector<NamedMonth> out;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto month = month_of(tokens[i]);
    if (!month) continue;
    const Token* next = i + 1 < tokens.size() ? &tokens[i + 1] : nullptr;
    auto day = i > 0 ? day_of(tokens[i - 1]) : std::nullopt;
    if (!day && next) day = day_of(*next);
    const bool dated = next && std::any_of(kDated.begin(), kDated.end(), [&](std::string_view w) {
                         return next->text.starts_with(w);
                       });
    const bool sure = tokens[i].text != "may" && tokens[i].text != "march";
    if (day || dated || sure) out.push_back({*month, day});
  }
  return out;
}

std::optional<NamedSpan> span_of(const ClaimDates& dates) {
  if (dates.days.size() < 2) return std::nullopt;
  const NamedDay& from = dates.days.front();
  const NamedDay& to = dates.days.back();
  if (from.day == to.day && from.clock == to.clock) return std::nullopt;
  NamedSpan out{from.day + from.clock.value_or(Duration()), to.day + to.clock.value_or(Duration()),
                std::nullopt};
  if (from.clock && to.clock)
    out.length = out.to - out.from;
  else if (out.to - out.from > Duration::days(1))
    out.length = to.day - from.day + Duration::days(1);
  return out;
}

}  // namespace delever::gauges
