#include "venues/terms/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace delever::venues {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};

}  // namespace

// "Sun, 06 Nov 1994 08:49:37 GMT"; "Sunday, 06-Nov-94 08:49:37 GMT"; "Sun Nov  6 08:49:37 1994".
// The weekday is not looked at; of two digits of a year those before 70 are of this century.
std::optional<Instant> http_date(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) {
    if (c == ',' || c == '-') c = ' ';
  }
  std::string_view clock;
  std::vector<int64_t> numbers;
  std::optional<size_t> month;
  for (const std::string_view word : split(spaced, ' ')) {
    if (word.find(':') != word.npos) {
      clock = word;
    } else if (const auto n = read_int(word)) {
      numbers.push_back(*n);
    } else if (const auto found = std::find(kMonths.begin(), kMonths.end(), lower(word));
               found != kMonths.end()) {
      month = static_cast<size_t>(found - kMonths.begin()) + 1;
    }
  }
  if (numbers.size() != 2 || !month || clock.size() != 8) return std::nullopt;
  const int64_t day = numbers[0];
  const int64_t year = numbers[1] + (numbers[1] >= 100 ? 0 : numbers[1] < 70 ? 2000 : 1900);
  const auto at = Instant::parse(fmt::format("{:04}-{:02}-{:02}T{}Z", year, *month, day, clock));
  return at.has_value() ? std::optional(at.value()) : std::nullopt;
}

std::optional<Duration> HttpResponse::retry_after(Instant now) const {
  const std::string_view told = trimmed(header("retry-after"));
  if (told.empty()) return std::nullopt;
  if (const auto seconds = read_int(told)) {
    constexpr int64_t kMost = 366 * 86'400;
    return *seconds > 0 ? std::optional(Duration::seconds(std::min(*seconds, kMost)))
                        : std::nullopt;
  }
  const auto until = http_date(told);
  if (!until) return std::nullopt;
  const Duration wait = *until - http_date(header("date")).value_or(now);
  return wait > Duration() ? std::optional(wait) : std::nullopt;
}

}  // namespace delever::venues
