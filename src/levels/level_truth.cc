#include "levels/level_truth.h"

#include <algorithm>
#include <cmath>

namespace delever::levels {

Result<TrueLevel> true_level(const HeldPosition& p, const margin::Rulebooks::Compiled& book) {
  if (book.inverse || book.option)
    return Error{Fault::refused, "true levels are of linear contracts"};
  if (!(p.coins > 0) || !(p.entry > 0) || !(p.leverage >= 1))
    return Error{Fault::malformed, "wants coins, entry and a leverage of 1 or more"};
  const bool isolated = p.mode == MarginMode::isolated;
  if (!isolated && !p.wallet)
    return Error{Fault::no_evidence, "a cross position without what stands behind it"};
  const margin::PricePool pool{
      .equity_elsewhere = isolated ? p.coins * p.entry / p.leverage : *p.wallet,
      .legs = {
          {.book = &book,
           .side = p.side,
           .qty = p.coins / book.size.approx(),
           .entry = p.entry,
           .frozen_maintenance = isolated && book.isolated_maintenance == MaintenanceAt::entry}}};
  const margin::SafePrices prices = TRY(margin::liquidation_prices(pool));
  return TrueLevel{p.side, p.coins, p.leverage, margin::adverse(prices, pool)};
}

namespace {

struct Step {
  double y = 0, predicted = 0, truth = 0;
};

// Area between the cumulated coins of one direction, from the mark outwards, and under the truth's.
std::pair<double, double> flow_areas(const std::vector<Step>& steps, bool rising, double reach) {
  std::vector<Step> side;
  for (const Step& s : steps) {
    if ((s.y > 0) == rising) side.push_back({std::abs(s.y), s.predicted, s.truth});
  }
  std::sort(side.begin(), side.end(), [](const Step& a, const Step& b) { return a.y < b.y; });
  double between = 0, under = 0, predicted = 0, truth = 0, last = 0;
  side.push_back({reach, 0, 0});
  for (const Step& s : side) {
    between += std::abs(predicted - truth) * (s.y - last);
    under += truth * (s.y - last);
    predicted += s.predicted;
    truth += s.truth;
    last = s.y;
  }
  return {between, under};
}

}  // namespace

std::optional<LevelDistance> level_distance(std::span<const LevelMass> predicted,
                                            std::span<const LevelMass> truth, double mark,
                                            double reach) {
  CHECK(mark > 0 && reach > 0);
  LevelDistance d;
  std::vector<Step> steps;
  const auto add = [&](std::span<const LevelMass> masses, double Step::*into, double& sum) {
    for (const LevelMass& m : masses) {
      const double y = std::log(m.price / mark);
      if (std::abs(y) > reach || !(m.coins > 0)) continue;
      Step& step = steps.emplace_back();
      step.y = y;
      step.*into = m.coins;
      sum += m.coins;
    }
  };
  add(predicted, &Step::predicted, d.predicted);
  add(truth, &Step::truth, d.truth);
  if (!(d.predicted > 0) || !(d.truth > 0)) return std::nullopt;
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.y < b.y; });
  double gap = 0, last = -reach;
  for (const Step& s : steps) {
    d.shape += std::abs(gap) * (s.y - last);
    gap += s.predicted / d.predicted - s.truth / d.truth;
    last = s.y;
  }
  const auto [fall_between, fall_under] = flow_areas(steps, false, reach);
  const auto [rise_between, rise_under] = flow_areas(steps, true, reach);
  if (fall_under + rise_under > 0)
    d.flow = (fall_between + rise_between) / (fall_under + rise_under);
  return d;
}

}  // namespace delever::levels
