// How much a throttled liquidation channel hides. The channel shows at most one liquidation a
// symbol and second, so the observed sum is a lower bound that always holds; how full the seconds
// are says how many arrivals were hidden. Derivation, assumptions and the measured coverage:
// docs/models/liquidation-interval.md.
#pragma once

#include <optional>
#include <vector>

namespace delever::gauges {

// The observations of one symbol in one minute; seconds: the slots of the throttle in it.
struct ThrottledMinute {
  struct SideSum {
    double sum = 0, sum_of_squares = 0;  // of the observed sizes on this side
    // Taker volume of the closing side (longs are closed by sells), where trades are known.
    std::optional<double> volume;
  };
  int seconds = 60;
  int observed = 0;  // both sides together: they share the throttle
  SideSum long_side, short_side;
};

struct SideInterval {
  double low = 0;              // observed
  double expected = 0;         // with the hidden arrivals; equals low where nothing can be said
  std::optional<double> high;  // missing: a minute was saturated and no taker volume bounds it
};

struct ThrottleInterval {
  SideInterval long_side, short_side;
  int saturated_minutes = 0;
};

// The sum over the minutes, with a one-sided upper limit at normal quantile `z` (1.645: 95 %).
ThrottleInterval unthrottle(const std::vector<ThrottledMinute>& minutes,
                            double z = 1.6448536269514722);

}  // namespace delever::gauges
