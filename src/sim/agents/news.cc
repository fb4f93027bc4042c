#include "sim/agents/news.h"

#include <cmath>

#include "sim/kernel/world.h"

namespace delever::sim {
namespace {

constexpr double kYearSeconds = 365.0 * 86'400;
constexpr unsigned kFactors = 8;

}  // namespace

double path_level(const AssetSetup& asset, Instant from, Instant now) {
  PathPoint before{from, 1};
  for (const PathPoint& p : asset.path) {
    if (now < p.at) {
      const double part = (now - before.at).in_seconds() / (p.at - before.at).in_seconds();
      return before.level * std::pow(p.level / before.level, part);
    }
    before = p;
  }
  return before.level;
}

void News::move(const AssetSetup& asset, uint64_t seed, uint32_t number, uint32_t second) {
  double variance = 1;
  if (asset.bursts > 0) {
    Random random(seed, {static_cast<uint32_t>(Stream::bursts), number, second});
    double rate = 1.0 / 30;
    for (unsigned k = 0; k < kFactors; ++k, rate /= 3) {
      if (random.chance(second == 0 ? 1 : -std::expm1(-rate)))
        large_ = (large_ & ~(1U << k)) | (random.chance(0.5) ? 1U << k : 0);
      variance *= (large_ >> k & 1) != 0 ? 1 + asset.bursts : 1 - asset.bursts;
    }
  }
  Random random(seed, {static_cast<uint32_t>(Stream::fundamental), number, second});
  noise_ = noise_ * std::exp2(-1.0 / (12 * 3600)) +
           asset.volatility * std::sqrt(variance / kYearSeconds) * random.normal();
}

}  // namespace delever::sim
