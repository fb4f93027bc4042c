#include "levels/level_score.h"

#include <fmt/format.h>

#include <algorithm>

#include "statistics/statistics.h"

namespace delever::levels {

Result<LevelVerdict> judge_levels(const HeldOut& h, uint64_t seed) {
  const size_t n = h.outcomes.size();
  if (n == 0) return Error{Fault::no_evidence, "nothing was held out"};
  CHECK(h.levels.size() == n && h.climatology.size() == n && h.regression.size() == n &&
        h.fixed_menu.size() == n);
  CHECK(h.tail_thresholds.size() == n);
  LevelVerdict v;
  const auto scores = [&](const std::vector<statistics::CountForecast>& forecasts) {
    std::vector<double> out;
    for (size_t i = 0; i < n; ++i)
      out.push_back(statistics::log_score(forecasts[i], h.outcomes[i]));
    return out;
  };
  const std::vector<double> ours = scores(h.levels);
  for (size_t i = 0; i < n; ++i) {
    v.crps += statistics::crps(h.levels[i], h.outcomes[i]) / static_cast<double>(n);
    v.crps_tail += statistics::crps_above(h.levels[i], h.outcomes[i], h.tail_thresholds[i]) /
                   static_cast<double>(n);
    v.non_zero += h.outcomes[i] > 0;
  }
  v.log_score = *statistics::mean(ours);
  const std::vector<double> u = statistics::randomised_pit(h.levels, h.outcomes, Random(seed, {}));
  const auto inside =
      std::count_if(u.begin(), u.end(), [](double x) { return x >= 0.05 && x <= 0.95; });
  v.coverage_90 = static_cast<double>(inside) / static_cast<double>(n);
  v.pit_p = statistics::uniform_p_value(u);
  const auto against = [&](const std::vector<statistics::CountForecast>& other, const char* name,
                           bool must) {
    const auto compared = statistics::diebold_mariano(ours, scores(other));
    if (!compared.has_value()) {
      if (must) v.failed.push_back(fmt::format("against {}: {}", name, compared.error().what));
      return std::optional<statistics::DieboldMariano>();
    }
    if (must && !(compared.value().mean_difference < 0 && compared.value().p < 0.01))
      v.failed.push_back(fmt::format("no skill against {}: mean log score {:+.4f}, p {:.3g}", name,
                                     compared.value().mean_difference, compared.value().p));
    return std::optional(compared.value());
  };
  if (h.days < 30) v.failed.push_back(fmt::format("{:.1f} held-out days of 30", h.days));
  if (v.non_zero < 50) v.failed.push_back(fmt::format("{} non-zero hours of 50", v.non_zero));
  v.against_climatology = against(h.climatology, "climatology", false);
  v.against_regression = against(h.regression, "the regression", true);
  v.against_menu = against(h.fixed_menu, "the fixed menu", true);
  if (!(v.coverage_90 >= 0.85 && v.coverage_90 <= 0.95))
    v.failed.push_back(fmt::format("90 % intervals hold {:.1f} %", 100 * v.coverage_90));
  if (!(v.pit_p > 0.05))
    v.failed.push_back(fmt::format("transformed outcomes are not uniform: p {:.3g}", v.pit_p));
  v.publish = v.failed.empty();
  return v;
}

}  // namespace delever::levels
