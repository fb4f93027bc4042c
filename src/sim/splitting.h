// Probabilities too small for plain runs, by splitting: a run's score is the largest value of a measure along its path
// (a deficit over the fund, a drawdown), and the event is that it reaches `level`. Runs with the lowest score are
// replaced by copies of others, cut at the moment when those first passed that score and continued with fresh
// randomness. All ties are replaced together, which keeps the estimate unbiased for any score and number of runs
// (Brehier et al. 2016); a score that jumps leaves ties, and then fewer survive a round.
//
//   p = product over rounds of (runs that survive / runs) x share of the last runs that reach the level
//
// Idealised relative error sqrt(p^(-1/N) - 1). An answer carried by fewer than ten lineages of the first runs is
// refused.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace delever::sim {

struct Probability {
  double value = 0;
  double error = 0;              // standard error: binomial, or the idealised one of splitting
  double low = 0, high = 0;      // value -+ 1.96 errors, not below 0; of splitting on the log scale
  size_t runs = 0, lineages = 0;  // lineages: first runs that have descendants among those that reached the level
  int rounds = 0;
  std::string estimator;
};

Probability crude_probability(size_t hits, size_t runs);
// Relative standard error of the idealised scheme.
double splitting_error(double p, size_t runs);

// A problem: State is copyable; start(run) gives the first state of a run; step(state, draw) moves it on with the
// randomness of `draw` (a number that no other continuation has) and says whether it still runs; score(state) >= 0.
template <class Problem>
Result<Probability> split(Problem& problem, double level, size_t runs, int rounds_most = 10'000) {
  using State = typename Problem::State;
  struct Run {
    std::vector<std::pair<double, State>> records;  // each time the score passed its best: score, state
    double best = 0;
    size_t lineage = 0;
  };
  if (runs < 10) return Error{Fault::refused, "splitting needs at least 10 runs"};
  uint64_t draws = 0;
  const auto follow = [&](Run& run, State state) {
    const uint64_t draw = draws++;
    for (bool running = true; running;) {
      running = problem.step(state, draw);
      const double score = problem.score(state);
      if (score > run.best || run.records.empty()) {
        run.best = std::max(run.best, score);
        run.records.emplace_back(score, state);
        if (run.best >= level) return;  // it has arrived: the rest of its path does not matter
      }
    }
  };
  std::vector<Run> all(runs);
  for (size_t i = 0; i < runs; ++i) {
    all[i].lineage = i;
    follow(all[i], problem.start(i));
  }
  Probability out;
  out.runs = runs;
  out.estimator = "splitting";
  double p = 1;
  for (;; ++out.rounds) {
    double lowest = all[0].best;
    for (const Run& run : all) lowest = std::min(lowest, run.best);
    if (lowest >= level) break;
    if (out.rounds == rounds_most) return Error{Fault::no_evidence, "the runs do not climb to the level"};
    std::vector<size_t> kept, lost;
    for (size_t i = 0; i < runs; ++i) (all[i].best > lowest ? kept : lost).push_back(i);
    if (kept.empty()) {  // every run ended at the same score: nothing here climbs
      p = 0;
      break;
    }
    p *= static_cast<double>(kept.size()) / static_cast<double>(runs);
    for (size_t k = 0; k < lost.size(); ++k) {
      const Run& parent = all[kept[problem.pick(draws++, kept.size())]];
      Run child;
      child.lineage = parent.lineage;
      for (const auto& record : parent.records) {  // up to the first state above the score that was not enough
        child.records.push_back(record);
        child.best = std::max(child.best, record.first);
        if (record.first > lowest) break;
      }
      const State from = child.records.back().second;
      if (child.best < level) follow(child, from);
      all[lost[k]] = std::move(child);
    }
  }
  std::vector<char> seen(runs);
  for (const Run& run : all) {
    if (run.best < level || seen[run.lineage]) continue;
    seen[run.lineage] = 1;
    ++out.lineages;
  }
  if (p == 0 || out.lineages < 10)
    return Error{Fault::no_evidence, "the estimate rests on " + std::to_string(p == 0 ? 0 : out.lineages) +
                                         " of the first runs; ten are the least"};
  out.value = p;
  const double relative = splitting_error(p, runs);
  out.error = p * relative;
  out.low = p * std::exp(-1.96 * relative);
  out.high = p * std::exp(1.96 * relative);
  return out;
}

// A normal variable beyond `z` by drawing from one shifted by `shift`: the weights of the draws beyond. refused when
// the effective number of draws is under a tenth.
struct ShiftedTail { double probability = 0, error = 0, effective = 0; };
Result<ShiftedTail> shifted_tail(double z, double shift, size_t draws, uint64_t seed);
// Variance of one crude indicator over that of one weighted draw, exact.
double shift_gain(double z, double shift);

}  // namespace delever::sim
