#include "verdict/logistic.h"

#include <cmath>

#include "base/check.h"

namespace delever::verdict {
namespace {

using Square = std::array<Terms, kMostTerms>;

// log(1 + e^x) without overflow.
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

double dot(const Terms& a, const Terms& b) {
  double sum = 0;
  for (size_t i = 0; i < kMostTerms; ++i) sum += a[i] * b[i];
  return sum;
}

// Inverse of a symmetric positive definite matrix, by Cholesky: A = L L', A^-1 = L'^-1 L^-1.
Square inverse(const Square& a) {
  Square lower{}, inverted{}, out{};
  for (size_t i = 0; i < kMostTerms; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      if (i == j) {
        CHECK(sum > 0);  // precisions are positive
        lower[i][i] = std::sqrt(sum);
      } else {
        lower[i][j] = sum / lower[j][j];
      }
    }
  }
  for (size_t column = 0; column < kMostTerms; ++column) {
    for (size_t i = column; i < kMostTerms; ++i) {
      double sum = i == column ? 1.0 : 0.0;
      for (size_t k = column; k < i; ++k) sum -= lower[i][k] * inverted[k][column];
      inverted[i][column] = sum / lower[i][i];
    }
  }
  for (size_t i = 0; i < kMostTerms; ++i) {
    for (size_t j = 0; j < kMostTerms; ++j) {
      for (size_t k = std::max(i, j); k < kMostTerms; ++k)
        out[i][j] += inverted[k][i] * inverted[k][j];
    }
  }
  return out;
}

double log_posterior(std::span<const Outcome> rows, const Terms& precision, const Terms& weights) {
  double sum = 0;
  for (const Outcome& row : rows) {
    const double odds = dot(row.terms, weights);
    sum -= row.happened ? softplus(-odds) : softplus(odds);
  }
  for (size_t i = 0; i < kMostTerms; ++i) sum -= 0.5 * precision[i] * weights[i] * weights[i];
  return sum;
}

}  // namespace

double probability_of(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }
double log_odds_of(double probability) { return std::log(probability / (1 - probability)); }

double Logistic::log_odds(const Terms& terms) const { return dot(terms, weights); }
double Logistic::probability(const Terms& terms) const { return probability_of(log_odds(terms)); }
double Logistic::deviation(const Terms& terms) const {
  double sum = 0;
  for (size_t i = 0; i < kMostTerms; ++i) sum += terms[i] * dot(covariance[i], terms);
  return std::sqrt(sum);
}

Logistic fit_logistic(std::span<const Outcome> rows, const Terms& precision) {
  for (const double p : precision) CHECK(p > 0);
  Logistic fit;
  double reached = log_posterior(rows, precision, fit.weights);
  // The posterior is concave, so each Newton step goes up once it is short enough, and the last few
  // double the digits. Forty are never needed; the limit only ends a step that rounding makes 0.
  for (int step = 0; step < 40; ++step) {
    Terms gradient{};
    Square hessian{};
    for (const Outcome& row : rows) {
      const double p = probability_of(dot(row.terms, fit.weights));
      for (size_t i = 0; i < kMostTerms; ++i) {
        gradient[i] += row.terms[i] * ((row.happened ? 1.0 : 0.0) - p);
        for (size_t j = 0; j <= i; ++j) hessian[i][j] += row.terms[i] * row.terms[j] * p * (1 - p);
      }
    }
    for (size_t i = 0; i < kMostTerms; ++i) {
      gradient[i] -= precision[i] * fit.weights[i];
      hessian[i][i] += precision[i];
      for (size_t j = 0; j < i; ++j) hessian[j][i] = hessian[i][j];
    }
    fit.covariance = inverse(hessian);
    double length = 1, gained = 0;
    Terms next{};
    for (int halving = 0; halving < 30; ++halving, length /= 2) {
      for (size_t i = 0; i < kMostTerms; ++i)
        next[i] = fit.weights[i] + length * dot(fit.covariance[i], gradient);
      gained = log_posterior(rows, precision, next) - reached;
      if (gained >= 0) break;
    }
    if (gained < 0 || next == fit.weights) break;
    fit.weights = next;
    reached += gained;
    if (gained < 1e-13) break;
  }
  return fit;
}

}  // namespace delever::verdict
