#include "sim/ensemble/ensemble.h"

#include <algorithm>
#include <cmath>

namespace delever::sim {
namespace {

// P(X <= k) for X ~ Binomial(n, p), by the recurrence of its terms.
std::vector<double> binomial_cdf(size_t n, double p) {
  std::vector<double> cdf(n + 1);
  double sum = 0;
  for (size_t k = 0; k <= n; ++k) {
    const double log_term =
        std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
        std::lgamma(static_cast<double>(n - k) + 1) + static_cast<double>(k) * std::log(p) +
        static_cast<double>(n - k) * std::log1p(-p);
    sum += std::exp(log_term);
    cdf[k] = sum;
  }
  return cdf;
}

}  // namespace

Result<std::vector<RunResult>> run_ensemble(const Executor& executor,
                                            const EnsembleOptions& options) {
  CHECK(options.shocks.empty() || options.shocks.size() == options.runs);
  std::vector<std::string> tasks;
  for (size_t i = 0; i < options.runs; ++i) {
    Task task{.seeds = {{0, options.first_seed + i}}, .switches = options.switches};
    if (!options.shocks.empty()) task.shock = options.shocks[i];
    tasks.push_back(task_text(task));
  }
  std::vector<RunResult> all(options.runs);
  size_t done = 0;
  TRY(executor(tasks, [&](size_t i, std::string_view result) -> Result<void> {
    auto run = read_result(result);
    if (!run)
      return Error{Fault::malformed, "no result of a run: " + std::string(result.substr(0, 60)),
                   tasks[i]};
    all[i] = *std::move(run);
    all[i].seed = options.first_seed + i;
    if (options.progress) options.progress(++done);
    return {};
  }));
  return all;
}

Spread spread_of(std::vector<double> x) {
  Spread s;
  s.runs = x.size();
  if (x.empty()) return s;
  std::sort(x.begin(), x.end());
  const auto n = static_cast<double>(x.size());
  for (const double v : x) s.mean += v;
  s.mean /= n;
  if (x.size() >= 2) {
    double square = 0;
    for (const double v : x) square += (v - s.mean) * (v - s.mean);
    const double error = 1.959964 * std::sqrt(square / (n - 1) / n);
    s.mean_low = s.mean - error;
    s.mean_high = s.mean + error;
  }
  for (const double p : {0.05, 0.25, 0.5, 0.75, 0.95}) {
    Quantile q;
    q.p = p;
    const double at = p * (n - 1);
    const auto below = static_cast<size_t>(at);
    const double part = at - static_cast<double>(below);
    q.value = x[below] + (below + 1 < x.size() ? part * (x[below + 1] - x[below]) : 0);
    // Largest l with P(X < l) <= 2.5 %, smallest u with P(X < u) >= 97.5 %, X the count below the
    // quantile.
    const std::vector<double> cdf = binomial_cdf(x.size(), p);
    for (size_t l = x.size(); l >= 1; --l) {
      if (cdf[l - 1] > 0.025) continue;
      q.low = x[l - 1];
      break;
    }
    for (size_t u = 1; u <= x.size(); ++u) {
      if (cdf[u - 1] < 0.975) continue;
      q.high = x[u - 1];
      break;
    }
    s.quantiles.push_back(q);
  }
  return s;
}

double rank_of(const std::vector<double>& values, double value) {
  if (values.empty()) return 0;
  const auto below =
      std::count_if(values.begin(), values.end(), [value](double x) { return x <= value; });
  return static_cast<double>(below) / static_cast<double>(values.size());
}

}  // namespace delever::sim
