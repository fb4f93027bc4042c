#include "gauges/claim_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gauges/claim_dates.h"

namespace delever::gauges {
namespace {

// Venues that figures are printed of, whether or not there is a decoder for them: a figure of one
// of them is never held against the sum of others.
constexpr std::array<std::string_view, 20> kVenues{
    "binance", "bybit",    "okx",    "deribit", "hyperliquid", "bitmex", "dydx",
    "kraken",  "coinbase", "bitget", "kucoin",  "bitfinex",    "gate",   "mexc",
    "htx",     "huobi",    "cme",    "bullish", "aster",       "lighter"};

constexpr std::array<std::string_view, 20> kZones{"est", "edt", "et",   "pst", "pdt",  "pt",  "cst",
                                                  "cdt", "cet", "cest", "bst", "hkt",  "sgt", "jst",
                                                  "kst", "ist", "msk",  "bjt", "aest", "eet"};

struct CoinName {
  std::string_view name, coin;  // a ticker in capitals alone, a name in any case
};
constexpr std::array<CoinName, 31> kCoins{
    {{"BTC", "BTC"},    {"bitcoin", "BTC"},  {"ETH", "ETH"},       {"ethereum", "ETH"},
     {"ether", "ETH"},  {"SOL", "SOL"},      {"solana", "SOL"},    {"XRP", "XRP"},
     {"ripple", "XRP"}, {"DOGE", "DOGE"},    {"dogecoin", "DOGE"}, {"BNB", "BNB"},
     {"ADA", "ADA"},    {"cardano", "ADA"},  {"LTC", "LTC"},       {"litecoin", "LTC"},
     {"BCH", "BCH"},    {"AVAX", "AVAX"},    {"LINK", "LINK"},     {"chainlink", "LINK"},
     {"DOT", "DOT"},    {"polkadot", "DOT"}, {"TRX", "TRX"},       {"SUI", "SUI"},
     {"HYPE", "HYPE"},  {"TON", "TON"},      {"PEPE", "PEPE"},     {"SHIB", "SHIB"},
     {"UNI", "UNI"},    {"AAVE", "AAVE"},    {"XMR", "XMR"}}};

struct UnitWord {
  std::string_view word;
  int64_t hours;
};
constexpr std::array<UnitWord, 15> kUnits{{{"h", 1},
                                           {"hr", 1},
                                           {"hrs", 1},
                                           {"hour", 1},
                                           {"hours", 1},
                                           {"d", 24},
                                           {"day", 24},
                                           {"days", 24},
                                           {"w", 168},
                                           {"week", 168},
                                           {"weeks", 168},
                                           {"month", 720},
                                           {"months", 720},
                                           {"year", 8760},
                                           {"years", 8760}}};
constexpr std::array<UnitWord, 6> kAlone{{{"hourly", 1},
                                          {"daily", 24},
                                          {"weekly", 168},
                                          {"monthly", 720},
                                          {"quarter", 2160},
                                          {"yearly", 8760}}};
constexpr std::array<UnitWord, 11> kCounts{{{"one", 1},
                                            {"two", 2},
                                            {"three", 3},
                                            {"four", 4},
                                            {"five", 5},
                                            {"six", 6},
                                            {"seven", 7},
                                            {"eight", 8},
                                            {"ten", 10},
                                            {"twelve", 12},
                                            {"thirty", 30}}};

template <class Table>
std::optional<int64_t> value_of(const Table& table, std::string_view word) {
  for (const UnitWord& entry : table) {
    if (entry.word == word) return entry.hours;
  }
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// Runs of letters and runs of digits, each alone: "30-day" and "30d" are "30" and a unit. A number
// with a point or a colon in it, or of more than three digits, counts nothing.
std::vector<std::string> tokens(std::string_view text) {
  std::vector<std::string> out;
  const std::string t = lower(text);
  for (size_t at = 0; at < t.size();) {
    size_t end = at;
    if (is_digit(t[at])) {
      while (end < t.size() && (is_digit(t[end]) || t[end] == '.' || t[end] == ':')) ++end;
    } else if (is_letter(t[at])) {
      while (end < t.size() && is_letter(t[end])) ++end;
    } else {
      ++at;
      continue;
    }
    out.push_back(t.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string plain_spelling(std::string_view metric) {
  std::string text = lower(metric);
  for (size_t at = text.find("realis"); at != text.npos; at = text.find("realis", at))
    text.replace(at, 6, "realiz");
  return text;
}

// "2026-01-29" and what stands for a time of day are no counts.
std::string without_dates(std::string_view text) {
  std::string out;
  for (const std::string_view word : split(text, ' ')) {
    if (!Instant::parse(upper(word)).has_value()) out += std::string(word) + " ";
  }
  return out;
}

}  // namespace

bool has_word(std::string_view text, std::string_view word) {
  const auto inside = [](char c) { return is_letter(c) || is_digit(c); };
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !inside(text[at - 1])) && (end == text.size() || !inside(text[end])))
      return true;
  }
  return false;
}

std::vector<Duration> periods_in(std::string_view text) {
  const std::vector<std::string> words = tokens(without_dates(text));
  std::vector<Duration> out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (const auto hours = value_of(kAlone, words[i])) out.push_back(Duration::hours(*hours));
    const auto unit = value_of(kUnits, words[i]);
    if (!unit) continue;
    int64_t count = 1;
    if (i > 0) {
      const std::string& before = words[i - 1];
      if (const auto n = value_of(kCounts, before)) count = *n;
      if (before.size() <= 3) count = std::max<int64_t>(read_int(before).value_or(count), 1);
    }
    // "2.5h": another time than any that is measured, to the minute.
    if (i > 0 && words[i - 1].find('.') != std::string::npos) {
      if (const auto part = read_double(words[i - 1])) {
        const double minutes = *part * 60 * static_cast<double>(*unit);
        if (minutes < 1e7) out.push_back(Duration::minutes(static_cast<int64_t>(minutes)));
        continue;
      }
    }
    const bool letter_alone = words[i].size() == 1;  // "24 h", never "h" alone
    if (letter_alone && (i == 0 || !read_int(words[i - 1]))) continue;
    out.push_back(Duration::hours(count * *unit));
  }
  return out;
}

std::string plain_words(std::string_view metric, std::string_view unit) {
  std::string text = plain_spelling(metric);
  if (has_word(text, "oi")) text += " open interest";
  if (has_word(text, "put-call") || has_word(text, "put call")) text += " put/call";
  for (const Duration period : periods_in(metric)) {
    if (period >= Duration::days(2)) text += fmt::format(" {:.0f}-day", period.in_days());
  }
  const std::string in = lower(unit);
  const bool of_year = in.find("year") != in.npos || in.find("annual") != in.npos;
  for (const std::string_view year : {"a year", "per year", "yearly", "p.a.", "apr", "annualiz"}) {
    if (of_year || has_word(text, year)) return text + " annual";
  }
  if (rate_period(metric, unit)) text += " 8h";  // a rate is brought to 8 hours
  return text;
}

std::optional<Duration> rate_period(std::string_view metric, std::string_view unit) {
  for (const Duration period : periods_in(unit)) {
    if (period < Duration::days(300)) return period;
  }
  const std::string text = lower(metric);
  if (!has_word(text, "funding")) return std::nullopt;
  if (has_word(text, "daily") || has_word(text, "per day")) return Duration::days(1);
  // "24 h funding" is a mean of a day, and a rate of eight hours has a metric of its own.
  for (const Duration period : periods_in(metric)) {
    if (period < Duration::hours(8)) return period;
  }
  return std::nullopt;
}

std::vector<std::string> other_coins(std::string_view metric, std::string_view asset) {
  const std::string small = lower(metric);
  std::vector<std::string> out;
  for (const auto& [name, coin] : kCoins) {
    const bool ticker = name == coin;
    if (coin == asset || !has_word(small, ticker ? lower(name) : std::string(name))) continue;
    if (ticker && metric.find(name) == metric.npos) continue;  // "link", "dot" and "ton" are words
    if (std::find(out.begin(), out.end(), coin) == out.end()) out.emplace_back(coin);
  }
  return out;
}

std::vector<std::string> venues_in(std::string_view metric) {
  const std::string text = lower(metric);
  std::vector<std::string> out;
  for (const std::string_view venue : kVenues) {
    if (has_word(text, venue)) out.emplace_back(venue);
  }
  return out;
}

namespace {

// "liquidat" of a rule is "liquidations" in a text, "annual" is "annualised".
bool is_form_of(std::string_view word, std::string_view stem) {
  constexpr std::array<std::string_view, 13> kEndings{
      "", "s", "d", "ed", "ing", "ion", "ions", "ly", "est", "ised", "ized", "ility", "atility"};
  if (!word.starts_with(stem)) return false;
  return std::find(kEndings.begin(), kEndings.end(), word.substr(stem.size())) != kEndings.end();
}

template <class Table>
bool names(const Table& table, std::string_view word) {
  return std::find(table.begin(), table.end(), word) != table.end();
}

// Counts, periods and their units are read by periods_in, days and months by dates_in.
bool is_of_time(const std::vector<std::string>& words, size_t i) {
  constexpr std::array<std::string_view, 25> kMonths{
      "jan",  "feb",    "mar",       "apr",     "may",      "jun",      "jul",   "aug",   "sep",
      "sept", "oct",    "nov",       "dec",     "january",  "february", "march", "april", "june",
      "july", "august", "september", "october", "november", "december", "th"};
  const std::string& word = words[i];
  const bool before_unit = i + 1 < words.size() && value_of(kUnits, words[i + 1]);
  if (is_digit(word[0])) {
    const auto near_month = [&](size_t j) { return j < words.size() && names(kMonths, words[j]); };
    const bool clock = clock_of(word).has_value();
    // "29 Jan 2026", "Jan 29, 2026", "1-29 Jan 2026", "1 to 29 Jan", "29th of January".
    bool dated = false;
    for (size_t j = i >= 2 ? i - 2 : 0; j <= i + 3; ++j) dated = dated || near_month(j);
    return before_unit || clock || dated;
  }
  if (value_of(kCounts, word)) return before_unit;
  constexpr std::array<std::string_view, 3> kOrdinals{"st", "nd", "rd"};
  if (names(kOrdinals, word)) return i > 0 && is_digit(words[i - 1][0]);
  return names(kMonths, word) || value_of(kUnits, word) || value_of(kAlone, word);
}

// "(2026-01-29)", "2026-01-29T00:00Z/2026-01-30T00:00Z".
std::string without_iso(std::string text) {
  for (size_t at = 0; at + 10 <= text.size(); ++at) {
    if (text[at + 4] != '-' || !Instant::parse(text.substr(at, 10)).has_value()) continue;
    size_t end = at + 10;
    if (end < text.size() && text[end] == 't')
      end = std::min(text.find_first_not_of("0123456789:.tz", end), text.size());
    text.replace(at, end - at, end - at, ' ');
  }
  return text;
}

bool is_name(std::string_view word, std::string_view asset) {
  for (const auto& [name, coin] : kCoins) {
    if (coin == asset && lower(name) == word) return true;  // another coin is other_coins'
  }
  return word == lower(asset) || names(kVenues, word) || names(kZones, word);
}

}  // namespace

std::optional<std::string> unknown_word(std::string_view text, std::string_view asset,
                                        const std::vector<const std::vector<std::string>*>& known) {
  // A million claims are checked in a minute: the entries are walked through, not taken apart.
  const auto in_entry = [](std::string_view word, std::string_view entry) {
    while (!entry.empty()) {
      const size_t end = std::min(entry.find_first_of(" -/."), entry.size());
      if (end > 0 && is_form_of(word, entry.substr(0, end))) return true;
      entry.remove_prefix(std::min(end + 1, entry.size()));
    }
    return false;
  };
  const auto in_rules = [&](std::string_view word) {
    return std::any_of(known.begin(), known.end(), [&](const auto* list) {
      return std::any_of(list->begin(), list->end(),
                         [&](const std::string& entry) { return in_entry(word, entry); });
    });
  };
  const std::vector<std::string> words = tokens(without_iso(plain_spelling(text)));
  for (size_t i = 0; i < words.size(); ++i) {
    if (!is_of_time(words, i) && !in_rules(words[i]) && !is_name(words[i], asset)) return words[i];
  }
  return std::nullopt;
}

namespace {

// Behind "+8", "-05:30", "+0800" or the same with a minus sign of its own, at `at`; `at` where
// there is no offset, or one of nothing. No zone is more than 14 hours away, "12:00-16:00" is none.
size_t offset_end(std::string_view text, size_t at) {
  constexpr std::string_view kMinus = "\xe2\x88\x92";
  size_t end = at;
  if (end < text.size() && (text[end] == '+' || text[end] == '-'))
    ++end;
  else if (text.substr(end).starts_with(kMinus))
    end += kMinus.size();
  const size_t digits = end;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (digits == at || end == digits) return at;
  const auto hours = read_int(text.substr(digits, std::min<size_t>(end - digits, 2)));
  if (end < text.size() && text[end] == ':')
    end = std::min(text.find_first_not_of("0123456789", end + 1), text.size());
  const bool zero = text.substr(digits, end - digits).find_first_of("123456789") == text.npos;
  return zero || !hours || *hours > 14 ? at : end;
}

}  // namespace

std::optional<std::string> zone_in(std::string_view window) {
  const std::string text = lower(window);
  for (const std::string_view zone : kZones) {
    if (has_word(text, zone)) return upper(zone);
  }
  for (const std::string_view utc : {"utc", "gmt"}) {
    for (size_t at = text.find(utc); at != text.npos; at = text.find(utc, at + 1)) {
      const size_t sign = std::min(text.find_first_not_of(' ', at + 3), text.size());
      if (const size_t end = offset_end(text, sign); end > sign)
        return upper(text.substr(at, end - at));
    }
  }
  // "2026-01-29T16:00:00+08:00"
  for (size_t at = text.find('t'); at != text.npos; at = text.find('t', at + 1)) {
    if (at == 0 || !is_digit(text[at - 1])) continue;
    const size_t sign = std::min(text.find_first_not_of("0123456789:.", at + 1), text.size());
    if (const size_t end = offset_end(text, sign); end > sign && is_digit(text[sign - 1]))
      return "UTC" + text.substr(sign, end - sign);
  }
  return std::nullopt;
}

}  // namespace delever::gauges
