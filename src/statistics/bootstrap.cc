#include "statistics/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "statistics/replicates.h"
#include "statistics/statistics.h"

namespace delever::statistics {

size_t usual_block(size_t n) {
  return std::max<size_t>(1, static_cast<size_t>(std::llround(std::sqrt(static_cast<double>(n)))));
}

void resample(size_t n, size_t block, Random& random, Positions& drawn) {
  CHECK(n > 0 && block > 0);
  drawn.begin_draw(n, block);
  for (size_t done = 0; done < n; done += std::min(block, n - done))
    drawn.add_block(random.below(n));
}

Positions resampled(size_t n, size_t block, Random& random) {
  Positions drawn;
  resample(n, block, random, drawn);
  return drawn;
}

void choose(const std::vector<double>& values, const Positions& at, std::vector<double>& chosen) {
  chosen.clear();
  chosen.reserve(at.size());
  for (const size_t i : at) chosen.push_back(values[i]);
}

Estimate with_interval(std::optional<double> value, std::vector<double> replicates, size_t asked) {
  Estimate out{value, std::nullopt, std::nullopt};
  if (!value || replicates.size() * 10 < asked * 9) return out;
  out.low = quantile(replicates, 0.025);
  out.high = quantile(std::move(replicates), 0.975);
  return out;
}

Estimate block_bootstrap(size_t n, const Statistic& statistic, const BootstrapOptions& options) {
  if (n == 0) return {};
  const auto value = statistic(Positions(n));
  std::vector<double> replicates;
  Positions drawn;
  const size_t block = options.block > 0 ? options.block : usual_block(n);
  for (size_t i = 0; value && i < options.replicates; ++i) {
    Random random(kBootstrapSeed, {options.stream, 0, static_cast<uint32_t>(i)});
    resample(n, block, random, drawn);
    if (const auto again = statistic(drawn)) replicates.push_back(*again);
  }
  return with_interval(value, std::move(replicates), options.replicates);
}

}  // namespace delever::statistics
