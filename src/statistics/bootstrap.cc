#include "statistics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "statistics/statistics.h"

namespace delever::statistics {

Positions as_they_were(size_t n) {
  Positions all(n);
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

size_t usual_block(size_t n) {
  return std::max<size_t>(1, static_cast<size_t>(std::llround(std::sqrt(static_cast<double>(n)))));
}

Positions resampled(size_t n, size_t block, Random& random) {
  CHECK(n > 0 && block > 0);
  Positions drawn;
  drawn.reserve(n);
  while (drawn.size() < n) {
    size_t at = random.below(n);
    for (size_t i = 0; i < block && drawn.size() < n; ++i) {
      drawn.push_back(at);
      if (++at == n) at = 0;
    }
  }
  return drawn;
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
  const auto value = statistic(as_they_were(n));
  std::vector<double> replicates;
  const size_t block = options.block > 0 ? options.block : usual_block(n);
  for (size_t i = 0; value && i < options.replicates; ++i) {
    Random random(kBootstrapSeed, {options.stream, 0, static_cast<uint32_t>(i)});
    if (const auto again = statistic(resampled(n, block, random))) replicates.push_back(*again);
  }
  return with_interval(value, std::move(replicates), options.replicates);
}

}  // namespace delever::statistics
