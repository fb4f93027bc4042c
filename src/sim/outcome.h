// What a run came to. Estimates in double: they summarise; what was owed was counted by the
// exchanges.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/population.h"

namespace delever::sim {

struct Sample {  // once a minute, of one asset
  Instant at;
  double price = 0;
  double fundamental = 0;
  double open_interest = 0;            // coins, all perpetuals
  double funding_annual = 0;           // weighted by open interest
  double long_usd = 0, short_usd = 0;  // liquidated in this minute
  double dealer_flow = 0;              // coins traded by dealers' hedges since the start
  double depth_usd = 0;                // bids within 1 % on perpetuals
  // USD liquidated in this minute by kind of account, longs and shorts.
  std::array<std::array<double, 2>, kAccountKinds> liquidated{};
  double adl_usd = 0;  // deleveraged in this minute
};

struct FundSample {  // once a minute, of all venues
  Instant at;
  double funds_usd = 0;      // insurance funds and vaults, with what they took over, at the marks
  double shortfall_usd = 0;  // deficits so far that nobody covered
};

struct AssetOutcome {
  std::string name;
  std::vector<Sample> samples;
  double low = 0, high = 0, start = 0, end = 0;
  Instant low_at;
  // USD by kind of account, longs and shorts.
  std::array<std::array<double, 2>, kAccountKinds> liquidated{};
  double long_24h = 0, short_24h = 0;  // in the 24 hours before report_at
  // Coins: the highest before the price's low, the lowest after that high.
  double open_start = 0, open_high = 0, open_low = 0, open_end = 0;
  std::optional<double>
      funding_settled_min;  // the lowest rate that any venue settled, simple, a year
  double funding_mean = 0;  // of the rates expected, each minute, weighted by open interest
  double adl_usd = 0;
  uint64_t adl_count = 0;
  uint64_t accounts_liquidated = 0;
};

struct Outcome {
  std::string scenario;
  uint64_t seed = 0, hash = 0;
  double seconds = 0;  // simulated
  uint64_t messages = 0, events = 0, refused = 0, accounts = 0;
  std::map<std::string, uint64_t> refused_by_reason;
  size_t bytes_per_account = 0;
  std::vector<AssetOutcome> assets;
  std::vector<FundSample> funds;
  double fund_start = 0, fund_end = 0, shortfall = 0;
  // What funds of any size would have had to pay: the most by which they stood below their start,
  // by the minute, and what nobody covered until then.
  double deficit = 0;
  std::array<double, kAccountKinds>
      profit{};  // USD, beyond what the coins held at the start gained with their price
  std::array<uint64_t, kAccountKinds> accounts_of{};
  double fees = 0;
  size_t options_settled = 0;
  double options_settled_coins = 0;

  // By name, as [[reproduce]], ensembles and JSON know them: "btc_low", "btc_liquidated_usd_24h",
  // ...
  std::map<std::string, double> named() const;
};

}  // namespace delever::sim
