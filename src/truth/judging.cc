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

bool same(std::optional<double> a, std::optional<double> b, double tolerance, double rounding) {
  if (a.has_value() != b.has_value()) return false;
  if (!a) return true;
  return std::fabs(*a - *b) <=
         std::max(tolerance * std::max({std::fabs(*a), std::fabs(*b), 1e-6}), rounding);
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

namespace {

// What is left of a difference when its amounts are rounded otherwise: 1e5 coins less 1e5 coins
// leave 1e-11 of them.
double rounding_of(const std::vector<gauges::Reading>& readings, const gauges::Reading& of) {
  constexpr std::string_view kChange = "oi_change_24h_";
  if (!of.name.starts_with(kChange)) return 0;
  gauges::Reading amount = of;
  amount.name = "oi_" + of.name.substr(kChange.size());
  const gauges::Reading* found = find(readings, amount);
  return found && found->value ? 1e-14 * std::fabs(*found->value) : 0;
}

}  // namespace

std::string unchanged(const std::vector<gauges::Reading>& before, const gauges::Reading& after,
                      double tolerance) {
  const gauges::Reading* was = find(before, after);
  if (!was) return "is new: " + text(after);
  const double rounding = rounding_of(before, *was);
  const auto alike = [&](std::optional<double> a, std::optional<double> b) {
    return same(a, b, tolerance, rounding);
  };
  if (alike(was->value, after.value) && alike(was->low, after.low) &&
      alike(was->high, after.high) && was->state == after.state && was->window == after.window)
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
