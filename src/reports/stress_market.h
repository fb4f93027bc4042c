// What a tape says about the market that would have to absorb a stress: price, daily volatility and
// volume, resting depth by venue, what hedgers of options would trade, and the bars from which
// levels are inferred. What is not there is said by name in `missing`, never filled in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cascade/cascade.h"
#include "gauges/rules.h"
#include "reports/feed.h"
#include "reports/level_bars.h"

namespace delever::reports {

// Hedgers' flow over a move, coins, with the move positive.
struct DealerFlow {
  std::optional<cascade::Flow> falls, rises;
  std::string source;  // "deribit BTC as of ..."
  bool signed_trades = false;
  // gross: all hedgers on one side. By |ln| of the move, as the curves' points.
  std::vector<cascade::FlowCurve::Point> gross_falls, gross_rises;
};

struct StressTape {
  Instant at;
  std::optional<double> price, sigma_day, volume_day;
  std::vector<cascade::VenueDepth> bids, asks;  // bids absorb falls
  DealerFlow dealers;
  std::vector<LevelMarket> markets;  // with open interest and trades
  std::vector<std::string> missing;
};

struct StressTapeQuery {
  std::string asset;
  Instant at;
  double reach = 0.3;   // of the dealers' curves
  bool levels = false;  // build bars
};

Result<StressTape> read_stress_tape(const std::vector<std::string>& tapes,
                                    const gauges::Rules& rules, const StressTapeQuery& query);

}  // namespace delever::reports
