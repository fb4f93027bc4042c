// What became of the verdicts: counts, scores beside the base rate's, reliability, risk against
// coverage, refusals. Every figure is of verdicts as they were given, on days they had not seen.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verdict/judge.h"

namespace delever::verdict {

// A probability that was given beforehand, the base rate of that day, and what came.
struct Scored {
  double probability = 0, base_rate = 0;
  bool happened = false;
  size_t episode = 0;
};

// Runs of flush days of any coin, not more than 10 days apart: one number a day, from 0.
std::vector<size_t> episodes_of(std::span<const Judged> record);

struct Score {
  size_t days = 0, episodes = 0, happened = 0;
  double brier = 0, brier_base = 0;        // mean squared error
  double log_loss = 0, log_loss_base = 0;  // mean of -ln P(what came)
  double gain = 0;                         // of the log score over the base rate's, nats a day
  Interval gain_interval;                  // 90 %, episodes resampled
  std::optional<double> area;  // P(a day with a wave got more than one without), ties a half
};
// Missing without rows.
std::optional<Score> score(const std::vector<Scored>& rows);

struct Bin {
  double from = 0, to = 1;  // probabilities in [from, to)
  size_t days = 0, happened = 0;
  double mean = 0;    // of the probabilities
  Interval interval;  // Wilson, 95 %, of happened / days; 0 to 1 without days
};
// Edges ascending, from 0 to 1.
std::vector<Bin> reliability(const std::vector<Scored>& rows, const std::vector<double>& edges);

struct AnswerCount {
  Answer answer = Answer::cannot_tell;
  std::string asset;  // empty: all
  size_t days = 0, episodes = 0, waves = 0;
  size_t lower = 0, lower_known = 0;  // a close lower by 5 % within 7 days: beside, never an answer
  Interval interval;                  // Wilson, 95 %, of waves / days
};

// Only the surest share of the days is answered, by the larger of P and 1 - P: how often was the
// likelier of the two wrong?
struct RiskAt {
  double coverage = 1;
  size_t days = 0, wrong = 0;
};

struct Refusals {
  std::string reason;
  std::map<int, size_t> by_year;
  size_t days = 0;
};

// Another set of items through the same expanding window, on the same days.
struct Variant {
  std::string name;
  std::optional<Score> score;
};

// All of a record. The scored days are those with an answer whose 7 days are over; the coins that
// weights are fitted on and all others are kept apart.
struct Record {
  std::vector<Judged> days;
  double cleared_below = 0, not_cleared_from = 1;  // of the chance: where the answers change
  struct Pool {
    std::string name;  // "BTC, ETH", "other coins"
    size_t flush_days = 0, refused = 0, waiting = 0,
           unknown = 0;  // unknown: what came is not on file
    std::optional<Score> score;
    std::vector<AnswerCount> answers;
    std::vector<Bin> bins;
    std::vector<RiskAt> risk;
  };
  std::vector<Pool> pools;  // those with days
  std::vector<Refusals> refusals;
  std::vector<Variant> variants;
  // Price risk from volatility alone against closes lower by 5 % within 7 days.
  std::optional<Score> price;
  std::vector<Bin> price_bins;
  // Over the last scored days of BTC and ETH: is the log gain below 0 for sure?
  std::optional<Score> lately;
  bool switched_off = false;
  std::string standing;  // in words
};
Record make_record(std::span<const FlushDay> days, const VerdictRules& rules);

// Whether the verdict stands after these days: the last `rules.switch_days` scored ones of the
// fitted coins.
struct Standing {
  std::optional<Score> lately;
  bool switched_off = false;
  std::string words;
};
Standing standing(std::span<const Judged> record, const VerdictRules& rules);

}  // namespace delever::verdict
