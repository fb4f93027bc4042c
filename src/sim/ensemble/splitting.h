// Probabilities too small for plain runs, by splitting: a run's score only rises along its path (a
// fall, a deficit), and the event is that it reaches `level`. Runs with the lowest scores are
// replaced by copies of others, cut at the moment when those first passed that score and continued
// with fresh randomness.
//
// Randomness is counter-based by (seed; stream, entity, second), so a copy is a list of seeds: seed
// A up to second k, seed B from there on. Nothing is stored of a state; the beginning is simply run
// again, and comes out the same.
//
//   p = mean over groups of: product over rounds of (runs that survive / runs)
//
// In each round the lowest tenth of a group goes, with all its ties; that keeps each group's
// estimate unbiased for any score and number of runs (Brehier et al. 2016, 10.1214/16-AAP1185),
// also where the score jumps. Groups know nothing of one another, so their spread is the error,
// measured. An answer carried by fewer than ten of the first runs is refused.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sim/ensemble/climb.h"
#include "sim/lineage.h"

namespace delever::sim {

struct Probability {
  double value = 0;
  double error = 0;  // standard error: binomial, or measured over the groups of splitting
  double low = 0,
         high = 0;  // 95 %: Wilson's; of splitting by Student's t over groups, on the log scale
  size_t runs = 0,
         lineages =
             0;  // lineages: first runs that have descendants among those that reached the level
  std::string estimator;
  // Of splitting.
  size_t groups = 0, rounds = 0,
         carried_out = 0;  // carried_out: runs from the start, first ones and copies
  double idealised = 0;    // relative error that splitting_error promises
  size_t first_hits = 0;   // of the first runs: a crude estimate that comes with it
};

Probability crude_probability(size_t hits, size_t runs);
// Relative standard error of the idealised scheme, sqrt(p^(-1/N) - 1).
double splitting_error(double p, size_t runs);

// Runs all of these lineages, in any order and on any number of threads.
using Follow = std::function<Result<std::vector<Path>>(const std::vector<Lineage>&)>;

struct SplitOptions {
  size_t runs = 200;  // of all groups together, a multiple of `groups`
  size_t groups = 10;
  double level = 0;
  uint64_t seed = 1;
  size_t rounds_most = 10'000;
  // After each round: runs that have arrived, and the lowest score of those that have not.
  std::function<void(size_t arrived, double lowest)> progress;
};
Result<Probability> split_runs(const Follow& follow, const SplitOptions& options);

// A normal variable beyond `z` by drawing from one shifted by `shift`: the weights of the draws
// beyond. refused when the effective number of draws is under a tenth.
struct ShiftedTail {
  double probability = 0, error = 0, effective = 0;
};
Result<ShiftedTail> shifted_tail(double z, double shift, size_t draws, uint64_t seed);
// Variance of one crude indicator over that of one weighted draw, exact.
double shift_gain(double z, double shift);

}  // namespace delever::sim
