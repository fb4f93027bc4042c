// What a scenario says must come out, beside what came.
#include <limits>
#include <string_view>
#include <utility>

#include "render/simulate_render.h"
#include "render/svg.h"

namespace delever::render {

std::vector<ReproduceCheck> reproduce_checks(const sim::Scenario& scenario,
                                             const sim::Outcome& outcome) {
  const std::map<std::string, double> named = outcome.named();
  std::vector<ReproduceCheck> all;
  for (const sim::Reproduce& r : scenario.reproduce) {
    const auto found = named.find(r.outcome);
    all.push_back({&r, found == named.end() ? std::nullopt : std::optional(found->second)});
  }
  return all;
}

namespace {

// What an outcome can be at all, by its name: an end of a check beyond it tests nothing.
std::pair<double, double> possible(std::string_view outcome) {
  constexpr double kBeyond = std::numeric_limits<double>::infinity();
  const auto has = [&](std::string_view part) { return outcome.find(part) != outcome.npos; };
  if (has("_share_")) return {0, 1};
  if (has("_fall")) return {0, 1};
  if (has("funding") || has("flow") || has("change")) return {-kBeyond, kBeyond};
  return {0, kBeyond};
}

}  // namespace

std::string margin_of(const ReproduceCheck& c) {
  if (!c.got) return "";
  const double to_low = *c.got - c.wanted->low, to_high = c.wanted->high - *c.got;
  if (to_low < 0) return short_number(-to_low) + " too low";
  if (to_high < 0) return short_number(-to_high) + " too high";
  const auto [least, most] = possible(c.wanted->outcome);
  const bool may_fall = c.wanted->low > least, may_rise = c.wanted->high < most;
  if (!may_fall && !may_rise) return "no value of it fails";
  if (may_fall && (to_low < to_high || !may_rise))
    return "fails if it falls by more than " + short_number(to_low);
  return "fails if it rises by more than " + short_number(to_high);
}

}  // namespace delever::render
