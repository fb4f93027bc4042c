// History: the series behind the readings, for charts and for the search over a claim's other
// definitions. Plain values; everything in it was known at the time asked for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "market/event.h"
#include "options/board.h"

namespace delever::gauges {

// One complete UTC day of one series ("coinglass", or "venues" for the sum of recorded events). The
// means run over the 30 (rules: days) complete days that end with this one, and are missing when
// too few of them are valid.
struct LiquidationDay {
  std::string series;
  Instant day;  // 00:00 UTC
  double long_usd = 0, short_usd = 0;
  double coverage = 1;               // of the day that was recorded
  bool valid = false;                // covered, and above the floor: only then are shares defined
  std::optional<double> long_share;  // L / (L + S)
  std::optional<double> oscillator;  // (L - S) / (L + S)
  std::optional<double> long_share_ma, oscillator_ma;                    // means of daily values
  std::optional<double> long_share_ma_weighted, oscillator_ma_weighted;  // ratios of sums
};

struct FundingPoint {
  std::string venue, symbol, name;  // name: canonical
  Instant at;                       // the settlement; of means the end of the period
  double rate = 0;                  // per interval
  Duration interval;
  double annual = 0;  // simple: rate * (24 h / interval) * 365
  FundingKind kind = FundingKind::settled;
  bool main = false;  // the contract that stands for the venue
};

struct OpenInterestPoint {
  std::string venue;
  Instant at;
  std::optional<double> coins, usd;
};

// Open interest of one contract as known at the time asked for; of venues, not of vendors.
struct ContractInterest {
  std::string venue, symbol, name;
  InstrumentKind kind = InstrumentKind::linear;
  Instant at;
  double contracts = 0;  // in the venue's own unit
  double coins = 0;
  std::optional<double> usd;
  bool summed = false;  // the rule's sum has the venue in it
};

// A contract that was spoken of, or a vendor's sum over contracts of every sort: which parts of the
// market there are.
struct ContractSort {
  std::string asset, venue, symbol, settle;
  bool perpetual = false, inverse = false, vendor = false;
  bool interest = false;  // its open interest is known
};

struct ExpiryInterest {
  std::string venue;
  Instant expiry;
  Instant as_of;
  double calls = 0, puts = 0;
  std::optional<double> put_call, max_pain, max_pain_coin;
  std::vector<options::StrikeInterest> strikes;  // ascending
  // Instruments whose open interest is not in the sums, by venue: of no known contract size, older
  // than the newest chain by more than its span, and of a chain that says 0 throughout after it had
  // said more.
  struct LeftOut {
    int unsized = 0, old = 0, emptied = 0;
    int disputed = 0;  // two counts of one time that differ
  };
  int counted = 0;
  std::map<std::string, LeftOut> left_out{};
};

struct PricePoint {
  std::string venue, symbol, name;
  Instant from, to;
  double open = 0, high = 0, low = 0, close = 0;
};

struct EtfFlow {
  std::string holder, venue;
  Instant at;  // end of the day
  double flow_usd = 0;
};

struct History {
  std::vector<LiquidationDay> liquidations;      // by series, then day
  std::vector<FundingPoint> funding;             // by venue, symbol, time
  std::vector<OpenInterestPoint> open_interest;  // by venue, time
  std::vector<ContractInterest> contracts;       // by instrument; as known at the time asked for
  std::vector<ContractSort> sorts;               // by instrument
  std::vector<ExpiryInterest> expiries;          // by venue, expiry; as known at the time asked for
  std::vector<options::OptionBoard>
      boards;                      // by venue, settlement coin; as known, each with its own time
  std::vector<PricePoint> prices;  // by venue, symbol, time; the finest closed candles kept
  std::vector<EtfFlow> etf_flows;  // by holder, time
};

}  // namespace delever::gauges
