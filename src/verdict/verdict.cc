#include "verdict/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::verdict {
namespace {

const gauges::Reading* find(const std::vector<gauges::Reading>& readings, std::string_view name) {
  for (const gauges::Reading& r : readings) {
    if (r.name == name && !r.venue && !r.expiry) return &r;
  }
  return nullptr;
}

std::optional<double> value_of(const std::vector<gauges::Reading>& readings,
                               std::string_view name) {
  const gauges::Reading* r = find(readings, name);
  return r && r->state != gauges::State::pending ? r->value : std::nullopt;
}

std::string why_missing(const std::vector<gauges::Reading>& readings, std::string_view name) {
  const gauges::Reading* r = find(readings, name);
  return fmt::format("{} {}", name, r && !r->reason.empty() ? r->reason : "was not measured");
}

EvidenceItem funding_item(const std::vector<gauges::Reading>& now, const VerdictRules& rules) {
  EvidenceItem item{"E1",
                    fmt::format("funding at most {} % a year on {} venues or more",
                                rules.funding_annual_max * 100, rules.funding_venues_min),
                    {},
                    "",
                    ""};
  size_t venues = 0;
  double highest = -HUGE_VAL;
  for (const gauges::Reading& r : now) {
    if (r.name != "funding_annual" || !r.venue || !r.value || r.state == gauges::State::pending)
      continue;
    ++venues;
    highest = std::max(highest, *r.value);
  }
  if (venues < rules.funding_venues_min) {
    item.reason =
        fmt::format("funding is known for {} of {} venues", venues, rules.funding_venues_min);
    return item;
  }
  item.passes = highest <= rules.funding_annual_max;
  item.measured = fmt::format("highest of {} venues {:.2f} % a year", venues, highest * 100);
  return item;
}

EvidenceItem open_interest_item(const std::vector<gauges::Reading>& now,
                                const VerdictRules& rules) {
  EvidenceItem item{
      "E2",
      fmt::format("open interest in coins down {} % or more in 24 h", rules.oi_fall_min * 100),
      {},
      "",
      ""};
  const auto level = value_of(now, "oi_coins"), change = value_of(now, "oi_change_24h_coins");
  if (!level || !change || !(*level - *change > 0)) {
    item.reason = why_missing(now, !level ? "oi_coins" : "oi_change_24h_coins");
    return item;
  }
  const double relative = *change / (*level - *change);
  item.passes = relative <= -rules.oi_fall_min;
  item.measured = fmt::format("{:+.2f} %", relative * 100);
  return item;
}

EvidenceItem dominance_item(const std::vector<gauges::Reading>& now,
                            const std::vector<gauges::Reading>& before, const VerdictRules& rules) {
  EvidenceItem item{"E3",
                    fmt::format("dominance oscillator within +-{} and its 30-day mean falling",
                                rules.oscillator_max),
                    {},
                    "",
                    ""};
  const auto oscillator = value_of(now, "liq_dominance_osc");
  const auto mean = value_of(now, "liq_dominance_osc_ma30"),
             earlier = value_of(before, "liq_dominance_osc_ma30");
  if (!oscillator || !mean || !earlier) {
    item.reason = !oscillator ? why_missing(now, "liq_dominance_osc")
                              : why_missing(mean ? before : now, "liq_dominance_osc_ma30");
    return item;
  }
  item.passes = std::fabs(*oscillator) <= rules.oscillator_max && *mean < *earlier;
  item.measured =
      fmt::format("oscillator {:+.3f}, mean {:+.3f} after {:+.3f}", *oscillator, *mean, *earlier);
  return item;
}

EvidenceItem basis_item(const std::vector<gauges::Reading>& now, const VerdictRules& rules) {
  EvidenceItem item{
      "E5", fmt::format("basis at most {} % a year", rules.basis_annual_max * 100), {}, "", ""};
  const auto basis = value_of(now, "basis_annual");
  if (!basis) {
    item.reason = why_missing(now, "basis_annual");
    return item;
  }
  item.passes = *basis <= rules.basis_annual_max;
  item.measured = fmt::format("{:.2f} % a year", *basis * 100);
  return item;
}

double logit(double p) { return std::log(p / (1 - p)); }

// 80 % interval of the base rate, 14 of 30 events: Wilson's score interval with z = 1.2816.
struct Interval {
  double low, high;
};
Interval base_interval(double p) {
  constexpr double n = 30, z = 1.2815515655446004;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {centre - half, centre + half};
}

}  // namespace

std::string_view answer_name(Answer answer) {
  switch (answer) {
    case Answer::cleared:
      return "cleared";
    case Answer::not_cleared:
      return "not_cleared";
    case Answer::cannot_tell:
      return "cannot_tell";
  }
  check_failed("an Answer has a name", __FILE__, __LINE__);
}

std::vector<EvidenceItem> evidence(const std::vector<gauges::Reading>& now,
                                   const std::vector<gauges::Reading>& day_before,
                                   const VerdictRules& rules) {
  const auto unknown = [](const char* id, const char* asks, const char* reason) {
    return EvidenceItem{id, asks, {}, "", reason};
  };
  return {funding_item(now, rules),
          open_interest_item(now, rules),
          dominance_item(now, day_before, rules),
          unknown("E4", "remaining long mass within -5 % at most 40 % of what it was",
                  "needs liquidation levels inferred from minute data; none on this tape"),
          basis_item(now, rules),
          unknown("E6", "25-delta skew off its extreme by a third or more",
                  "needs two chains of the same day"),
          unknown("E7", "10 bp depth at least 80 % of its median before",
                  "needs order books of both days"),
          unknown("E8", "liquidations triggered per dollar over depth below 0.5",
                  "needs E4's levels and E7's depth")};
}

Verdict decide(std::vector<EvidenceItem> items, const VerdictRules& rules) {
  CHECK(items.size() == rules.weights.size());
  Verdict verdict;
  size_t known = 0;
  double shift = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!items[i].passes) continue;
    ++known;
    shift += rules.weights[i] * (*items[i].passes ? -1.0 : 1.0);
  }
  verdict.items = std::move(items);
  if (known < rules.known_items_min) {
    verdict.reason = fmt::format("refused: {} of {} items are known, {} are needed", known,
                                 verdict.items.size(), rules.known_items_min);
    return verdict;
  }
  const auto moved = [shift](double p) { return 1 / (1 + std::exp(-(logit(p) + shift))); };
  const Interval base = base_interval(verdict.base_rate);
  verdict.probability = moved(verdict.base_rate);
  const double low = moved(base.low), high = moved(base.high);
  if (high < rules.cleared_below) verdict.answer = Answer::cleared;
  if (low > rules.not_cleared_above) verdict.answer = Answer::not_cleared;
  verdict.reason =
      fmt::format("probability of a false peace {:.3f}, 80 % interval {:.3f} to {:.3f}",
                  *verdict.probability, low, high);
  return verdict;
}

}  // namespace delever::verdict
