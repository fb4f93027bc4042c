// Orders as every exchange knows them: plain data, so that a codec below the exchange can read and
// write them. Prices in ticks and quantities in lots are of one instrument's order book.
#pragma once

#include <cstdint>

#include "market/strong.h"

namespace delever {

using Lots = Strong<struct LotsTag, int64_t>;  // of one instrument's quantity step
using Tick = Strong<struct TickTag, int32_t>;  // price / tick size

// Chosen by the order book: slot in the low half, generation in the high one, so that the id of a
// finished order never finds a later one. Stop orders carry the highest bit. 0: no resting order.
using OrderId = Strong<struct OrderTag, uint64_t>;

enum class OrderType : uint8_t { limit, market, stop_market, stop_limit };
enum class TriggerBy : uint8_t { mark, last };  // the price that a stop waits for

enum class TimeInForce : uint8_t {
  good_till_cancelled,
  immediate_or_cancel,
  fill_or_kill,
  post_only
};

// What happens when an account would trade with itself (venues name these EXPIRE_TAKER,
// EXPIRE_MAKER, EXPIRE_BOTH).
enum class SelfTrade : uint8_t { allow, expire_taker, expire_maker, expire_both };

}  // namespace delever
