// What an asset is worth to those who know: a path, and around it a noise that forgets with a
// half-life of 12 hours.
#pragma once

#include <cstdint>

#include "sim/scenario/scenario.h"

namespace delever::sim {

// Level of the path at `now`, a multiple of the start, log-linear between its points.
double path_level(const AssetSetup& asset, Instant from, Instant now);

// News comes in bursts within bursts: the noise's variance is that of `volatility` times eight
// factors, each 1 + m or 1 - m (m is `bursts`), drawn again once in 30 s x 3^k on average: half a
// minute to 18 hours (Markov-switching multifractal, Calvet and Fisher 2004). Its mean is 1.
class News {
 public:
  void move(const AssetSetup& asset, uint64_t seed, uint32_t number,
            uint32_t second);              // once a second, in order
  double noise() const { return noise_; }  // log

 private:
  double noise_ = 0;
  unsigned large_ = 0;  // bit k: factor k is the larger one
};

}  // namespace delever::sim
