// When a candle may still lack its last trades.
#pragma once

#include "market/event.h"

namespace delever {

// Told within seconds of its end a candle may lack its last trades: what is told of it later is no
// other candle, but the end of this one. Archives are known at the end itself, and are whole: they
// give the last millisecond of a period, or the one after it.
inline bool told_at_its_end(const Candle& candle, Instant received) {
  return received > candle.to + Duration::ms(1) && received < candle.to + Duration::seconds(5);
}

}  // namespace delever
