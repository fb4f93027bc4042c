#include "gauges/claim_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "gauges/claim_dates.h"
#include "gauges/claim_scope.h"

namespace delever::gauges {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};

std::optional<int> month_of(std::string_view word) {
  const std::string name = lower(word).substr(0, 3);
  for (size_t m = 0; m < kMonths.size(); ++m) {
    if (kMonths[m] == name) return static_cast<int>(m) + 1;
  }
  return std::nullopt;
}

struct Scale {
  std::string_view word;
  int digits;
};
constexpr std::array<Scale, 9> kScales{{{"thousand", 3},
                                        {"k", 3},
                                        {"million", 6},
                                        {"mn", 6},
                                        {"m", 6},
                                        {"billion", 9},
                                        {"bn", 9},
                                        {"b", 9},
                                        {"trillion", 12}}};

std::optional<int> scale_of(std::string_view word) {
  for (const Scale& scale : kScales) {
    if (word == scale.word) return scale.digits;
  }
  return std::nullopt;
}

// "million USD", "USD million" and "$m" -> 6 and "usd"; "BTC" -> 0 and "btc".
std::pair<int, std::string> scaled_unit(std::string_view unit) {
  const std::string u = lower(trimmed(unit));
  if (u == "musd") return {6, "usd"};
  if (u == "busd") return {9, "usd"};
  for (const std::string_view money : {"us$", "usd", "$"}) {
    if (!u.starts_with(money)) continue;
    if (const auto digits = scale_of(std::string_view(u).substr(money.size())))
      return {*digits, "usd"};
  }
  std::optional<int> digits;
  std::string rest;
  for (const std::string_view word : split(u, ' ')) {
    if (word.empty()) continue;
    if (const auto scale = digits ? std::nullopt : scale_of(word)) {
      digits = scale;
      continue;
    }
    rest += (rest.empty() ? "" : " ") + std::string(word);
  }
  return {digits.value_or(0), rest};
}

// How far a unit moves the decimal point on the way to plain units: a percentage becomes a
// fraction, coins stay.
int point_shift(std::string_view unit) {
  const std::string u = lower(unit);
  if (u.starts_with("percent") || u.starts_with("pct") || u.starts_with("%") ||
      u.starts_with("vol point"))
    return -2;
  if (u.starts_with("bp") || u.starts_with("basis point")) return -4;
  return scaled_unit(unit).first;
}

// The power of ten at the end of a number's text: "1.7e9" -> 9, "1e+3" -> 3, "43.2" -> 0.
int64_t exponent_of(std::string_view text) {
  const size_t e = text.find_first_of("eE");
  if (e == text.npos) return 0;
  std::string_view digits = text.substr(e + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  return read_int(digits).value_or(0);
}

}  // namespace

UnitKind unit_kind(std::string_view unit, std::string_view asset) {
  const auto scaled = scaled_unit(unit);
  const std::string& u = scaled.second;
  for (const std::string_view share : {"percent", "pct", "%", "bp", "basis point", "vol point"}) {
    if (u.find(share) == 0) return UnitKind::share;
  }
  if (u.starts_with("usd") || u.starts_with("dollar") || u.starts_with('$') || u.starts_with("us$"))
    return UnitKind::usd;
  if (u.starts_with("contract")) return UnitKind::contracts;
  if (u.starts_with("coin") || (!u.empty() && u == lower(asset))) return UnitKind::coins;
  return UnitKind::none;
}

bool names_a_scale(std::string_view unit) { return scaled_unit(unit).first > 0; }

UnitKind metric_unit_kind(std::string_view unit) {
  if (unit.starts_with("fraction")) return UnitKind::share;
  if (unit.starts_with("USD")) return UnitKind::usd;
  if (unit == "coins") return UnitKind::coins;
  if (unit == "contracts") return UnitKind::contracts;
  return UnitKind::none;
}

// Moves the point in the text, so that 43.2 percent becomes the double that 0.432 is written as.
// Beyond the range of a double it leaves the value where it was.
double plain_value(const Claim& claim) {
  const std::string_view text = claim.value_text;
  const int64_t exponent = exponent_of(text) + point_shift(claim.unit);
  return read_double(fmt::format("{}e{}", text.substr(0, text.find_first_of("eE")), exponent))
      .value_or(claim.value);
}

// "43.2" -> 0.05, "91000" -> 0.5, "1.7e9" -> 0.05e9, each times its unit.
double half_digit(const Claim& claim) {
  const std::string_view text = claim.value_text;
  const size_t e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  const size_t point = mantissa.find('.');
  const double decimals = point == text.npos ? 0 : static_cast<double>(mantissa.size() - point - 1);
  const double exponent = static_cast<double>(exponent_of(text) + point_shift(claim.unit));
  return 0.5 * std::pow(10.0, exponent - decimals);
}

Result<ClaimWindow> read_window(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view part : split(text, '/')) {
    for (const std::string_view word : split(part, ' ')) {
      if (!trimmed(word).empty()) words.push_back(lower(trimmed(word)));
    }
  }
  std::optional<Instant> day;
  std::optional<Duration> clock;
  bool to = false, expiry = false;
  for (size_t i = 0; i < words.size(); ++i) {
    to = to || words[i] == "to";
    expiry = expiry || words[i].starts_with("expir");
    if (const auto iso = Instant::parse(upper(words[i])); iso.has_value()) {
      day = iso.value().start_of_day();
      if (words[i].size() > 10) clock = iso.value() - *day;
    }
    if (i + 2 < words.size() && month_of(words[i + 1])) {
      const auto d = read_int(words[i]), y = read_int(words[i + 2]);
      if (d && y && *d > 0 && *d < 32 && *y > 1900 && *y < 2200) {
        const auto date =
            Instant::from_date(static_cast<int>(*y), *month_of(words[i + 1]), static_cast<int>(*d));
        if (date.has_value()) day = date.value();
      }
    }
    // "Jan 29, 2026"
    if (i + 2 < words.size() && words[i + 1].ends_with(',') && month_of(words[i])) {
      const auto d = read_int(words[i + 1].substr(0, words[i + 1].size() - 1));
      const auto y = read_int(words[i + 2]);
      if (d && y && *y > 1900 && *y < 2200) {
        const auto date = Instant::from_date(static_cast<int>(*y), *month_of(words[i]),
                                             static_cast<int>(std::clamp<int64_t>(*d, 0, 99)));
        if (date.has_value()) day = date.value();
      }
    }
  }
  if (const ClaimDates dates = dates_in(text); !day && !dates.days.empty())
    day = dates.days.back().day;
  if (!day)
    return Error{Fault::malformed,
                 fmt::format("its window \"{}\" names no date", text.substr(0, 60))};
  if (const auto zone = zone_in(text))
    return Error{Fault::malformed,
                 fmt::format("its window \"{}\" is in {}, and only days and hours of UTC are read",
                             text.substr(0, 60), *zone)};
  const NamedClocks named = clocks_in(text);
  const auto no_hour = [&](std::string_view why) {
    return Error{Fault::malformed, fmt::format("its window \"{}\" {}", text.substr(0, 60), why)};
  };
  if (named.unread) return no_hour("has an hour that is not read: hours are as 08:00");
  if (named.bounds || named.clocks.size() + clock.has_value() > 1)
    return no_hour("is a part of a day, which no gauge measures");
  if (!named.clocks.empty()) clock = named.clocks[0];
  if (expiry && !clock) clock = kExpiryHour;
  if (clock) return ClaimWindow{*day, *day + *clock, false};
  const bool until_midnight_before =
      to && words[0].ends_with("h");  // "24h to 30 Jan": up to its first midnight
  return ClaimWindow{*day, until_midnight_before ? *day : *day + Duration::days(1), true};
}

}  // namespace delever::gauges
