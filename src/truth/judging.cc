#include "truth/judging.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::truth {

const gauges::Reading* find(const std::vector<gauges::Reading>& readings,
                            const gauges::Reading& like) {
  for (const gauges::Reading& r : readings) {
    if (r.name == like.name && r.venue == like.venue && r.expiry == like.expiry) return &r;
  }
  return nullptr;
}

bool same(std::optional<double> a, std::optional<double> b, double tolerance) {
  if (a.has_value() != b.has_value()) return false;
  if (!a) return true;
  return std::fabs(*a - *b) <= tolerance * std::max({std::fabs(*a), std::fabs(*b), 1e-6});
}

std::string text(const gauges::Reading& r) {
  const auto number = [](std::optional<double> v) { return v ? fmt::format("{}", *v) : "-"; };
  return fmt::format("{} {} [{}, {}] {} window {} ({})", number(r.value), r.unit, number(r.low),
                     number(r.high), state_name(r.state), r.window.text(), r.reason);
}

std::string line_of(const gauges::Reading& r, const std::string& why) {
  return fmt::format("  {}{}{}: {}\n", r.name, r.venue ? " of " + *r.venue : "",
                     r.expiry ? " " + r.expiry->date() : "", why);
}

std::string unchanged(const std::vector<gauges::Reading>& before, const gauges::Reading& after,
                      double tolerance) {
  const gauges::Reading* was = find(before, after);
  if (!was) return "is new: " + text(after);
  if (same(was->value, after.value, tolerance) && same(was->low, after.low, tolerance) &&
      same(was->high, after.high, tolerance) && was->state == after.state &&
      was->window == after.window)
    return "";
  return "was " + text(*was) + ", is " + text(after);
}

bool is_sum(std::string_view gauge) {
  return gauge == "oi_coins" || gauge == "oi_usd" || gauge == "liq_long_usd_24h" ||
         gauge == "liq_short_usd_24h" || gauge == "liq_total_usd_24h" || gauge == "options_oi";
}

bool depends_on_others(std::string_view gauge) {
  return gauge.starts_with("oi_") || gauge.starts_with("liq_") || gauge.starts_with("basis") ||
         gauge.starts_with("vol_") || gauge.starts_with("hedge_") ||
         gauge.starts_with("options_max_pain") || gauge == "funding_carry_usd_24h";
}

}  // namespace delever::truth
