// Times that clients ask by. A client that counts back from its own clock means the market's time
// as far back: a rehearsal of January is asked in November for the last ten minutes.
#pragma once

#include <cstdint>

#include "gateways/desk.h"

namespace delever::gateways {

// Milliseconds; a time behind the market's stays as it is, one ahead of it is of the wall's clock.
inline int64_t in_market_time(const Desk& desk, int64_t asked) {
  const int64_t now = desk.door().market_now().ms(), wall = desk.door().wall_now().ms();
  if (asked <= now || asked == INT64_MAX || wall <= now) return asked;
  return asked - (wall - now);
}

}  // namespace delever::gateways
