// Spot states times in microseconds to whoever asks: `timeUnit` of an address, X-MBX-TIME-UNIT of a
// request. They are whole milliseconds here.
#pragma once

#include <string>
#include <string_view>

namespace delever::gateways::binance {

bool is_microsecond(std::string_view unit);
// Of the target of a WebSocket: "/stream?streams=btcusdt@trade&timeUnit=MICROSECOND".
bool asks_microseconds(std::string_view target);

// A message of spot with its times in microseconds: they are the whole numbers of thirteen digits
// in it, and nothing else there is one. `candles`: one that ends on the last millisecond of a
// second is the end of a candle, unless it stands first (the time of an event).
std::string in_microseconds(std::string_view json, bool candles);

}  // namespace delever::gateways::binance
