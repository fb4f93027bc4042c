#include "verdict/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/random.h"

namespace delever::verdict {
namespace {

constexpr double kSupposedChanges[] = {-0.15, -0.10, -0.05, -0.02, 0.0};  // of open interest

struct Changes {
  const Item *interest, *funding;
};

Changes changes_of(const FlushDay& day, Model model) {
  const bool own = model == Model::own_movement || model == Model::own_interest;
  return own ? Changes{&day.own_interest_change, &day.own_funding_change}
             : Changes{&day.interest_change, &day.funding_change};
}

bool with_funding(Model model) {
  return model == Model::interest_and_funding || model == Model::own_movement;
}

// Constant, BTC, ETH, open interest, funding. Missing where an item of the model is.
std::optional<Terms> terms_of(const FlushDay& day, Model model, const VerdictRules& rules) {
  const auto [interest, funding] = changes_of(day, model);
  if (!interest->value || (with_funding(model) && !funding->value)) return std::nullopt;
  const bool own = model == Model::own_movement || model == Model::own_interest;
  Terms out{1, 0, 0, 0, 0};
  // A coin that is carried over has no constant of its own, so its model knows none.
  for (size_t i = 0; !own && i < rules.fitted_coins.size() && i < 2; ++i)
    out[1 + i] = day.asset == rules.fitted_coins[i] ? 1 : 0;
  const auto clipped = [](double x, double most) { return std::clamp(x, -most, most); };
  out[3] = own ? clipped(*interest->value, rules.own_clip) : *interest->value / rules.interest_unit;
  if (with_funding(model))
    out[4] = own ? clipped(*funding->value, rules.own_clip)
                 : clipped(*funding->value / rules.funding_unit, rules.funding_clip);
  return out;
}

bool is_fitted(const VerdictRules& rules, const std::string& asset) {
  return std::find(rules.fitted_coins.begin(), rules.fitted_coins.end(), asset) !=
         rules.fitted_coins.end();
}

Answer band_of(double p, const VerdictRules& rules) {
  if (p < rules.cleared_below) return Answer::cleared;
  return p >= rules.not_cleared_from ? Answer::not_cleared : Answer::cannot_tell;
}

// Of the prior of each weight, about 0: the higher, the less it moves with few days.
Terms precision_of(const VerdictRules& rules) {
  return {rules.constant_precision, rules.coin_precision, rules.coin_precision,
          rules.weight_precision, rules.weight_precision};
}

// Days that a fit for `at` may know: of the fitted coins, their 7 days over at its close, with the
// wave and every item of the fullest model on file, so that all models learn from the same days.
std::vector<Outcome> past_of(std::span<const FlushDay> days, Instant at, Model model,
                             const VerdictRules& rules) {
  const bool own = model == Model::own_movement || model == Model::own_interest;
  const Model fullest = own ? Model::own_movement : Model::interest_and_funding;
  std::vector<Outcome> out;
  for (const FlushDay& day : days) {
    if (day.due() > at || !day.wave || !is_fitted(rules, day.asset)) continue;
    if (!terms_of(day, fullest, rules)) continue;
    out.push_back({*terms_of(day, model, rules), *day.wave});
  }
  return out;
}

// What the day's own items let be asked of them, and why not more.
struct Choice {
  Model model = Model::interest_and_funding;
  std::string refusal, remark;
};
Choice choose(const FlushDay& day, const VerdictRules& rules) {
  const bool own = !is_fitted(rules, day.asset);
  Choice out{own ? Model::own_movement : Model::interest_and_funding, "", ""};
  const auto [interest, funding] = changes_of(day, out.model);
  const auto because = [](const Item& item) {
    return item.reason.empty() ? std::string() : ": " + item.reason;
  };
  if (day.hole_in_prices) out.refusal = "the price path has a hole in the last 40 days";
  if (!interest->value)
    out.refusal =
        (own ? "open interest over the day, in units of the coin's own movement, is missing"
             : "open interest over the day is missing") +
        because(*interest);
  if (!funding->value) {
    out.model = own ? Model::own_interest : Model::interest;
    out.remark = "by open interest alone: funding is missing" + because(*funding);
  }
  return out;
}

void put_fit(Judged& judged, std::span<const FlushDay> past, const VerdictRules& rules) {
  const Instant at = judged.day.day;
  const std::vector<Outcome> rows = past_of(past, at, judged.model, rules);
  judged.past_days = rows.size();
  judged.past_waves = static_cast<size_t>(
      std::count_if(rows.begin(), rows.end(), [](const Outcome& row) { return row.happened; }));
  if (rows.size() >= rules.past_days_min) {
    judged.fit = fit_logistic(rows, precision_of(rules));
  } else if (rules.given && at >= rules.given->known) {
    // Given weights stand in from when they were known, never for an earlier day.
    if (const Logistic* fit = rules.given->fit(judged.model)) {
      judged.fit = *fit;
      judged.given = true;
      judged.past_days = rules.given->days;
      judged.past_waves = rules.given->waves;
    }
  }
  // With a prior of one half that is worth prior_days.
  judged.base_rate = (static_cast<double>(judged.past_waves) + rules.prior_days / 2) /
                     (static_cast<double>(judged.past_days) + rules.prior_days);
}

void put_probability(Judged& judged, const Terms& terms, const VerdictRules& rules) {
  const double z = normal_quantile((1 + rules.interval) / 2);
  const double odds = judged.fit->log_odds(terms);
  // Days of one episode share a fate: the deviation is that of fewer, independent days.
  const double half = z * std::sqrt(rules.days_an_episode) * judged.fit->deviation(terms);
  judged.terms = terms;
  judged.probability = probability_of(odds);
  judged.interval = {probability_of(odds - half), probability_of(odds + half)};
  judged.answer = band_of(*judged.probability, rules);
}

// What the answer would be by open interest, everything else as it is.
std::vector<Conditional> by_interest(const Judged& judged, const VerdictRules& rules) {
  std::vector<Conditional> out;
  if (judged.carried_over) return out;  // the coin's own movement is missing with its open interest
  for (const double change : kSupposedChanges) {
    FlushDay day = judged.day;
    day.interest_change.value = std::log1p(change);
    const auto terms = terms_of(day, judged.model, rules);
    CHECK(terms);
    const double p = judged.fit->probability(*terms);
    out.push_back({change, p, band_of(p, rules)});
  }
  return out;
}

// How answers of this kind have fared so far, against the base rate so far.
std::string still_to_prove(const Judged& judged, std::span<const Judged> earlier,
                           const VerdictRules& rules) {
  size_t days = 0, waves = 0;
  for (const Judged& one : earlier) {
    // Known by the day, scored, and of the same kind.
    if (one.day.due() > judged.day.day || !one.scored() || one.answer != judged.answer ||
        one.carried_over != judged.carried_over)
      continue;
    ++days;
    waves += *one.day.wave;
  }
  if (judged.given && !judged.carried_over) {
    for (const GivenWeights::OfBand& band : rules.given->bands) {
      if (band.answer != judged.answer) continue;
      days += band.days;
      waves += band.waves;
    }
  }
  const char* kind = judged.carried_over ? "of other coins" : "of BTC and ETH";
  if (days == 0) return fmt::format("no such answer {} has come due before", kind);
  const Interval so_far = wilson(waves, days, rules.interval);
  if (judged.base_rate < so_far.low || judged.base_rate > so_far.high) return "";
  return fmt::format(
      "such answers {} so far: a wave after {} of {}, {:.0f} % interval {:.0f} to {:.0f} %, which "
      "does not exclude the base rate of {:.0f} %",
      kind, waves, days, rules.interval * 100, so_far.low * 100, so_far.high * 100,
      judged.base_rate * 100);
}

Judged judged_among(const FlushDay& day, std::span<const FlushDay> past,
                    std::span<const Judged> earlier, const VerdictRules& rules) {
  Judged out{.day = day, .carried_over = !is_fitted(rules, day.asset)};
  const Choice choice = choose(day, rules);
  out.model = choice.model;
  if (!choice.remark.empty()) out.remarks.push_back(choice.remark);
  put_fit(out, past, rules);
  if (out.carried_over)
    out.remarks.push_back(
        "carried over: in units of this coin's own movement, by weights of BTC and ETH");
  if (!out.fit) {
    out.refusal = fmt::format("{} complete past flush days of BTC and ETH, {} are needed",
                              out.past_days, rules.past_days_min);
    if (!choice.refusal.empty()) out.refusal = choice.refusal + "; " + out.refusal;
    // Beside the refusal, and never an answer: weights that were fitted after this day.
    const Logistic* later = rules.given ? rules.given->fit(out.model) : nullptr;
    if (later && choice.refusal.empty()) {
      const double p = later->probability(*terms_of(day, out.model, rules));
      out.hindsight = {*changes_of(day, out.model).interest->value, p, band_of(p, rules)};
    }
    return out;
  }
  if (out.given)
    out.remarks.push_back("weights of " + rules.given->source +
                          ": too few past flush days here to fit any");
  if (choice.refusal.empty()) {
    put_probability(out, *terms_of(day, out.model, rules), rules);
    if (out.answer != Answer::cannot_tell) out.provisional = still_to_prove(out, earlier, rules);
    return out;
  }
  out.refusal = choice.refusal;
  if (changes_of(day, out.model).interest->value) return out;
  out.would_be = by_interest(out, rules);
  if (day.part_interest_change.value && !out.carried_over) {
    FlushDay part = day;
    part.interest_change = day.part_interest_change;
    const double p = out.fit->probability(*terms_of(part, out.model, rules));
    out.by_part = {std::expm1(*day.part_interest_change.value), p, band_of(p, rules)};
  }
  return out;
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

std::string_view model_name(Model model) {
  switch (model) {
    case Model::interest_and_funding:
      return "interest_and_funding";
    case Model::interest:
      return "interest";
    case Model::own_movement:
      return "own_movement";
    case Model::own_interest:
      return "own_interest";
  }
  check_failed("a Model has a name", __FILE__, __LINE__);
}

std::string_view model_words(Model model) {
  switch (model) {
    case Model::interest_and_funding:
      return "change of open interest in coins and of funding";
    case Model::interest:
      return "change of open interest in coins alone";
    case Model::own_movement:
      return "both changes in units of the coin's own movement";
    case Model::own_interest:
      return "change of open interest alone, in units of the coin's own movement";
  }
  check_failed("a Model has words", __FILE__, __LINE__);
}

const Logistic* GivenWeights::fit(Model model) const {
  for (const OfModel& one : models) {
    if (one.model == model) return &one.fit;
  }
  return nullptr;
}

Interval wilson(size_t k, size_t n, double confidence) {
  CHECK(n > 0 && k <= n);
  const double z = normal_quantile((1 + confidence) / 2), count = static_cast<double>(n);
  const double p = static_cast<double>(k) / count, scale = 1 + z * z / count;
  const double centre = (p + z * z / (2 * count)) / scale;
  const double half = z / scale * std::sqrt(p * (1 - p) / count + z * z / (4 * count * count));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

std::vector<Judged> judge(std::span<const FlushDay> days, const VerdictRules& rules) {
  CHECK(std::is_sorted(days.begin(), days.end(), before));
  std::vector<Judged> out;
  out.reserve(days.size());
  for (size_t i = 0; i < days.size(); ++i) {
    // `out` has the verdicts of the days before, as they were given.
    Judged one = judged_among(days[i], days.first(i), out, rules);
    out.push_back(std::move(one));
  }
  return out;
}

Judged judge_day(const FlushDay& day, std::span<const FlushDay> past, const VerdictRules& rules) {
  std::vector<FlushDay> older;
  for (const FlushDay& one : past) {
    if (one.due() <= day.day) older.push_back(one);
  }
  return judged_among(day, older, judge(older, rules), rules);
}

std::optional<Judged> suppose(const FlushDay& day, const Supposed& figures,
                              std::span<const FlushDay> past, const VerdictRules& rules) {
  FlushDay other = day;
  if (figures.funding) {
    if (!day.funding.value || !day.funding_change.value) return std::nullopt;
    const double moved = *figures.funding - *day.funding.value;
    *other.funding.value += moved;
    *other.funding_change.value += moved;
    // A change in units of its own deviation, which stays: both grow by one factor.
    if (other.own_funding_change.value && *day.funding_change.value != 0)
      *other.own_funding_change.value *= *other.funding_change.value / *day.funding_change.value;
  }
  if (figures.interest_change) {
    if (*figures.interest_change <= -1) return std::nullopt;
    other.interest_change.value = std::log1p(*figures.interest_change);
  }
  Judged out = judge_day(other, past, rules);
  if (!out.fit) return std::nullopt;
  return out;
}

// That a daily close is lower by 5 % within 7 days, of a walk without drift, by reflection. The
// 0.5826 deviations are for the closes between which nobody looks.
double price_risk(double deviation) {
  CHECK(deviation > 0);
  const double distance = std::log(0.95) - 0.5826 * deviation;
  const double x = distance / (deviation * std::sqrt(7.0));
  return std::min(1.0, std::erfc(-x / std::sqrt(2.0)));  // 2 Phi(x)
}

}  // namespace delever::verdict
