// The options that are listed, and what they are worth: Black-76 on the price of the moment at each
// option's own volatility (sticky strike), in coins as the venue quotes. In the last
// `settlement_window` before expiry a part of the settlement mean is known already, and the delta
// that is left shrinks with the rest (models M5).
#pragma once

#include "sim/kernel/world.h"

namespace delever::sim {

struct OptionBook {
  struct Line {
    uint32_t asset = 0;
    InstrumentId instrument = 0;
    Instant expiry;
    double strike = 0, vol = 0;
    OptionType type = OptionType::call;
    double open_interest = 0, dealer_net = 0;  // at the start, coins
    // State.
    bool expired = false;
    double delta = 0;  // coins per coin of options
    double gamma = 0;  // per USD
    double mark = 0;   // coins
  };
  uint32_t venue = 0;
  double tick = 0, lot = 0;
  int64_t tick_raw = 1, step_raw = 1;
  std::vector<Line> lines;

  void revalue(const World& world, Duration settlement_window);
  std::optional<Price> mark_price(const Line& line) const;  // to the nearest 1e-10
};

}  // namespace delever::sim
