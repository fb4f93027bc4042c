// The verdict on flush days: will a second forced wave follow within 7 days? One ridge logistic
// over the change of open interest and the change of funding, fitted anew for every day on the days
// of BTC and ETH whose 7 days were over. Readings in, answer out: no files, no clock, no look
// ahead. docs/models/verdict.md says what the data support and what they do not.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/flush_day.h"
#include "verdict/logistic.h"

namespace delever::verdict {

enum class Answer { cleared, not_cleared, cannot_tell };
std::string_view answer_name(Answer answer);

// What the probability is a function of. The raw changes of BTC and ETH; open interest alone, where
// funding is missing; and both in units of the coin's own movement, for every other coin.
enum class Model { interest_and_funding, interest, own_movement, own_interest };
std::string_view model_name(Model model);
std::string_view model_words(Model model);

// Weights that were fitted elsewhere, for recordings that hold no past of their own. They are used
// only after `known`: the day when the last outcome in them was complete.
struct GivenWeights {
  std::string source;
  Instant known;
  size_t days = 0, waves = 0;
  struct OfModel {
    Model model = Model::interest;
    Logistic fit;
  };
  std::vector<OfModel> models;
  struct OfBand {
    Answer answer = Answer::cannot_tell;
    size_t days = 0, waves = 0;
  };
  std::vector<OfBand> bands;
  const Logistic* fit(Model model) const;  // nullptr: none of this model
};

struct VerdictRules {
  std::string file;  // as named by the caller
  std::vector<std::string> fitted_coins{"BTC", "ETH"};
  double cleared_below = 0.35, not_cleared_from = 0.65;
  size_t past_days_min = 20;
  double interest_unit = 0.1, funding_unit = 0.1;  // a weight is per 10 % and per 10 % a year
  double funding_clip = 5, own_clip = 6;           // in those units
  double constant_precision = 1e-3, coin_precision = 4, weight_precision = 1;
  double days_an_episode = 3;  // flush days come in clusters: intervals are wider by its root
  double interval = 0.8;
  double prior_days = 10;  // the base rate's Beta prior: worth so many days at one half
  size_t switch_days = 40;
  std::optional<GivenWeights> given;
};

struct Interval {
  double low = 0, high = 1;
};
// Wilson's score interval of k of n. n > 0.
Interval wilson(size_t k, size_t n, double confidence);

struct Conditional {
  double assumed = 0;  // of open interest, relative: -0.10
  double probability = 0;
  Answer answer = Answer::cannot_tell;
};

// One flush day with its verdict.
struct Judged {
  FlushDay day;
  Model model = Model::interest_and_funding;
  bool carried_over = false;          // a coin that no weight was fitted on
  std::string refusal;                // why there is no probability; empty when there is one
  std::optional<double> probability;  // of a second wave
  Interval interval;                  // of it
  Answer answer = Answer::cannot_tell;
  // Not yet shown to be better than the base rate: by what came after earlier answers of its kind.
  std::string provisional;
  std::vector<std::string> remarks;  // degraded, carried over, weights that were given

  std::optional<Logistic> fit;  // the day's weights: constant, BTC, ETH, open interest, funding
  bool given = false;           // they are the rules', fitted elsewhere
  size_t past_days = 0, past_waves = 0;
  double base_rate = 0.5;              // of the past days, with the prior
  std::vector<Conditional> would_be;   // by open interest, where it is missing
  std::optional<Conditional> by_part;  // by open interest of a part of the market, never scored

  // By the rules' weights, which know what came later: of a day that had too few past days. No
  // answer.
  std::optional<Conditional> hindsight;

  Terms terms{};  // what the probability was made of
  // Against what came: only of answers whose 7 days were over and fully on file.
  bool scored() const { return probability && day.wave; }
};

// `days` in the order of before(). Every day is judged by days at least 8 days older alone, so a
// later row changes no earlier one.
std::vector<Judged> judge(std::span<const FlushDay> days, const VerdictRules& rules);
// One day that need not be in the record.
Judged judge_day(const FlushDay& day, std::span<const FlushDay> past, const VerdictRules& rules);
// The same verdict with other figures in place of the day's: what it would be were a claim true.
// Missing when the figure would not matter or the rest is missing.
struct Supposed {
  std::optional<double> funding;          // a year
  std::optional<double> interest_change;  // relative, of the day
};
std::optional<Judged> suppose(const FlushDay& day, const Supposed& figures,
                              std::span<const FlushDay> past, const VerdictRules& rules);

// P(a close below 0.95 of this one within 7 days) were prices driftless with normal daily steps of
// `deviation`: the barrier is watched at closes, which the 0.5826 stands for (Broadie, Glasserman
// and Kou 1997). From volatility alone; it knows nothing of leverage.
double price_risk(double deviation);

}  // namespace delever::verdict
