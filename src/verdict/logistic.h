// Logistic regression with a normal prior on each weight (ridge), by Newton's method: some hundred
// rows and a handful of items, so nothing is approximated. docs/models/verdict.md, "Model".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace delever::verdict {

inline constexpr size_t kMostTerms = 5;
using Terms = std::array<double, kMostTerms>;  // unused ones are 0, and their weights stay 0

struct Outcome {
  Terms terms{};
  bool happened = false;
};

// The weights of highest posterior density under independent N(0, 1 / precision) priors, and the
// inverse of the negative Hessian there (Laplace). Precisions are positive, so the fit exists
// whatever the rows are, also when there are none.
struct Logistic {
  Terms weights{};
  std::array<Terms, kMostTerms> covariance{};

  double log_odds(const Terms& terms) const;
  double probability(const Terms& terms) const;
  double deviation(const Terms& terms) const;  // of the log odds: sqrt(x' H^-1 x)
};
Logistic fit_logistic(std::span<const Outcome> rows, const Terms& precision);

double probability_of(double log_odds);
double log_odds_of(double probability);

}  // namespace delever::verdict
