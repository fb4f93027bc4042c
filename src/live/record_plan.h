// What to record: which markets, symbols and channels, into which files. From the command line
// ("okx:BTC-USDT-SWAP") or from a plan:
//
//   out = "tapes/{date}.tape"
//   rotate = "1d"
//   [[market]]
//   name = "deribit"
//   symbols = ["BTC-PERPETUAL", "ETH-*"]   # "*" and "?" match against what the venue lists
//   chains = ["BTC"]                       # every option of the coin
//   channels = ["trades", "ticker"]        # missing: all that the gauges read
//   url = "http://127.0.0.1:8080"          # instead of the venue's hosts
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "base/time.h"

namespace delever::live {

struct MarketWant {
  std::string market;  // a name of venues::dialect_names()
  std::vector<std::string> symbols = {}, chains = {}, channels = {};
  std::string url = {};
};

// Each file has connections of its own, and the old one stays open up to a minute for them.
inline constexpr Duration kRotateLeast = Duration::minutes(1);
inline constexpr std::string_view kRotateWhy =
    "at least a minute: each file has connections of its own, and venues count those";

// The market's own name of what somebody wrote in any case, or in the unified form of ccxt.
// Patterns too.
std::string venue_symbol(std::string_view market, std::string_view written);

struct RecordPlan {
  std::string out;                 // a file; "{date}" stands for the UTC day on which it begins
  std::optional<Duration> rotate;  // a new file at every multiple of it since 1970
  std::vector<MarketWant> markets;
};

// "binance:BTCUSDT", "bybit:inverse:BTCUSD", "okx:BTC-USD-*"; "binance" alone means its USD-M
// futures, "bybit" its linear contracts. Without a symbol: what is of the whole market.
Result<MarketWant> read_want(std::string_view text);
// A market by its full name or a venue's ("binance").
Result<std::string> market_name(std::string_view text);
// Wants of one market become one, in the order of their first mention.
std::vector<MarketWant> joined(const std::vector<MarketWant>& wants);

Result<RecordPlan> read_record_plan(const Config& config);

bool is_pattern(std::string_view symbol);
bool matches(std::string_view pattern, std::string_view symbol);  // "*" and "?"

// The file that begins at `now`. A later file of the same name gets its time of day behind it:
// "day.tape" becomes "day-20260130T080000Z.tape".
std::string file_of(const std::string& out, Instant now, bool later);

}  // namespace delever::live
