#include "sim/ensemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/hash.h"
#include "base/text.h"

namespace delever::sim {
namespace {

std::optional<uint64_t> read_hex(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// P(X <= k) for X ~ Binomial(n, p), by the recurrence of its terms.
std::vector<double> binomial_cdf(size_t n, double p) {
  std::vector<double> cdf(n + 1);
  double sum = 0;
  for (size_t k = 0; k <= n; ++k) {
    const double log_term = std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
                            std::lgamma(static_cast<double>(n - k) + 1) + static_cast<double>(k) * std::log(p) +
                            static_cast<double>(n - k) * std::log1p(-p);
    sum += std::exp(log_term);
    cdf[k] = sum;
  }
  return cdf;
}

}  // namespace

uint64_t ensemble_digest(const Scenario& scenario, const Switches& switches) {
  Hasher h;
  h.add(scenario.text);
  for (const bool off : switches.off) h.add(uint64_t{off});
  return h.digest();
}

std::string run_line(uint64_t digest, const RunResult& run) {
  std::string line = fmt::format("{:x} {:x} {:x}", digest, run.seed, run.hash);
  for (const auto& [name, value] : run.outcomes) line += fmt::format(" {}={}", name, write_double(value));
  return line + " end\n";
}

std::vector<RunResult> read_runs(std::string_view text, uint64_t digest) {
  std::vector<RunResult> runs;
  std::set<uint64_t> seen;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == text.npos) break;
    const std::vector<std::string_view> words = split(text.substr(0, end), ' ');
    text.remove_prefix(end + 1);
    if (words.size() < 4 || words.back() != "end" || read_hex(words[0]) != digest) continue;
    RunResult run;
    const auto seed = read_hex(words[1]), hash = read_hex(words[2]);
    bool good = seed && hash;
    for (size_t i = 3; good && i + 1 < words.size(); ++i) {
      const size_t equals = words[i].find('=');
      const auto value = equals == std::string_view::npos ? std::nullopt : read_double(words[i].substr(equals + 1));
      good = value.has_value();
      if (good) run.outcomes[std::string(words[i].substr(0, equals))] = *value;
    }
    if (!good || !seen.insert(*seed).second) continue;
    run.seed = *seed;
    run.hash = *hash;
    runs.push_back(std::move(run));
  }
  return runs;
}

Result<std::vector<RunResult>> run_ensemble(const Scenario& scenario, const EnsembleOptions& options) {
  std::map<uint64_t, RunResult> by_seed;
  for (const RunResult& r : options.done) {
    if (r.seed >= options.first_seed && r.seed - options.first_seed < options.runs) by_seed[r.seed] = r;
  }
  std::vector<uint64_t> todo;
  for (size_t i = 0; i < options.runs; ++i) {
    if (!by_seed.contains(options.first_seed + i)) todo.push_back(options.first_seed + i);
  }
  std::mutex lock;
  std::optional<Error> failed;
  Crew crew(std::max(1U, options.threads));
  crew.run(todo.size(), [&](size_t i) {
    {
      const std::lock_guard guard(lock);
      if (failed) return;
    }
    auto one = [&]() -> Result<RunResult> {
      auto simulation = TRY(Simulation::open(scenario, {.seed = todo[i], .threads = 1, .switches = options.switches}));
      const Outcome outcome = TRY(simulation->run());
      return RunResult{todo[i], outcome.hash, outcome.named()};
    }();
    const std::lock_guard guard(lock);
    if (!one.has_value()) {
      if (!failed) failed = std::move(one.error());
      return;
    }
    if (options.finished) {
      if (auto kept = options.finished(one.value()); !kept.has_value() && !failed) failed = std::move(kept.error());
    }
    by_seed[todo[i]] = std::move(one).value();
  });
  if (failed) return *std::move(failed);
  std::vector<RunResult> all;
  for (auto& [seed, run] : by_seed) all.push_back(std::move(run));
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
    // Largest l with P(X < l) <= 2.5 %, smallest u with P(X < u) >= 97.5 %, X the count below the quantile.
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
  const auto below = std::count_if(values.begin(), values.end(), [value](double x) { return x <= value; });
  return static_cast<double>(below) / static_cast<double>(values.size());
}

}  // namespace delever::sim
