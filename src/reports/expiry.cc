#include "reports/expiry.h"

#include <fmt/format.h>

#include <string>

#include "market/instrument.h"

namespace delever::reports {

Result<Instant> read_expiry(std::string_view text) {
  const Duration hour = Duration::hours(8);
  const Error bad{
      Fault::malformed,
      fmt::format("not an expiry: \"{}\" (want 30JAN26 or 2026-01-30)", text.substr(0, 40))};
  const auto at_its_hour = [&](Result<Instant> day) -> Result<Instant> {
    if (!day.has_value()) return bad;
    return day.value() + hour;
  };
  const bool digits = text.find_first_not_of("0123456789") == text.npos;
  if (digits && (text.size() == 6 || text.size() == 8)) {
    const std::string year(text.substr(0, text.size() - 4));
    return at_its_hour(Instant::parse((year.size() == 2 ? "20" + year : year) + "-" +
                                      std::string(text.substr(text.size() - 4, 2)) + "-" +
                                      std::string(text.substr(text.size() - 2))));
  }
  if (const auto iso = Instant::parse(text); iso.has_value()) {
    const Instant day = iso.value().start_of_day();
    if (text.size() > 10 && iso.value() != day + hour)
      return Error{Fault::malformed,
                   fmt::format("expiries are at 08:00 UTC: \"{}\"", text.substr(0, 40))};
    return day + hour;
  }
  // A day, a month's name and a year, whatever stands between them.
  std::string name;
  for (const char c : text) {
    if (c != '-' && c != ' ') name += c;
  }
  const size_t year = name.find_last_not_of("0123456789") + 1;
  if (name.size() - year == 4 && name.substr(year, 2) == "20") name.erase(year, 2);
  const auto read = parse_expiry_name(name);
  return read.has_value() ? read : bad;
}

}  // namespace delever::reports
