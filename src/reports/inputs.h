// Reading what a report's options name: times, files, files that come with the program.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/result.h"
#include "base/time.h"
#include "reports/context.h"

namespace delever::reports {

// Adds the option's name to the error of a failed reading: what is wrong is the command line.
template <class T>
Result<T> of_option(Result<T> read, const char* option) {
  if (read.has_value()) return read;
  Error error = std::move(read.error()).at(option);
  error.fault = Fault::usage;
  return error;
}
// ISO-8601, or "now", which stays the same throughout one context.
Result<Instant> parse_at(const std::string& text, const char* option, Context& context);
// A coin as somebody types it: btc, BTC/USDT:USDT, BTCUSDT and BTC-USDT are BTC, and kBONK, a
// thousand of it, is BONK. xyz:NVDA, the market of a builder, is XYZ:NVDA.
std::string coin_named(std::string_view text);
// An instrument as somebody types it, as we have it: btc-usdt and BTC/USDT are BTC-USDT,
// BTC/USDT:USDT is BTC-USDT-PERP, BTC/USD:BTC-260327 is BTC-USD-260327@BTC.
std::string instrument_named(std::string_view text);
// Files that come with the program (rules, maps, episodes), under a name such as "rules/a.toml": as
// given, then in the program's home (base/program_home.h).
std::string find_shipped(const std::string& relative);

}  // namespace delever::reports
