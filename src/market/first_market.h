// When there was first a market of coins: Bitcoin's first block. What was received since and bears
// an earlier time was stamped by a clock that is wrong.
#pragma once

#include "base/time.h"

namespace delever {

inline constexpr Instant kFirstMarket = Instant::ns(1231006505LL * 1'000'000'000);

constexpr bool stamped_before_markets(Instant stamped, Instant received) {
  return stamped < kFirstMarket && received >= kFirstMarket;
}

}  // namespace delever
