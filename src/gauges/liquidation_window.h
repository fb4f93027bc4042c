// What one series of liquidations says of 24 hours and of each UTC day, and the readings that
// follow from it: oscillator (L - S) / (L + S) and long share L / (L + S), both undefined below the
// floor; a 30-day mean over complete days only. docs/models/liquidation-interval.md derives the
// intervals.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gauges/history.h"
#include "gauges/panel.h"
#include "gauges/throttle.h"

namespace delever::gauges {

struct LiquidationWindow {
  std::string label;
  std::set<std::string> sources{};
  Origin origin{};
  Instant from, as_of;
  double coverage = 1;
  SideInterval long_side, short_side;  // USD; low is what was observed
  std::map<int64_t, Wide>
      minutes;  // 1e-6 USD of both sides by minute of the epoch; only from single liquidations
  uint64_t counted = 0, left_out_longs = 0, left_out_shorts = 0;  // left out: not to be valued
  std::string note, long_note, short_note;                        // of both sides, and of one
  std::vector<std::string> absent;  // venues of the rule that a sum of venues is without
  uint64_t left_out() const { return left_out_longs + left_out_shorts; }
  // What limits a figure of these sides.
  std::string note_of(bool longs, bool shorts) const;
  // Liquidations of these sides were left out.
  bool lacks(bool longs, bool shorts) const;
};

struct DaySums {
  Instant day;
  double longs = 0, shorts = 0;
  double coverage = 1;                  // of the day, by each of those that are in the sums
  double share = 1;                     // of the venues that the series stands for
  std::vector<std::string> absent{};    // those that are not in the sums
  std::set<std::string> other_money{};  // quotes of contracts valued by their coins
};

struct LiquidationSeries {
  std::string label;
  std::set<std::string> sources{};
  Origin origin{};
  std::shared_ptr<const std::vector<DaySums>> days;  // complete UTC days, ascending; never null
};

// The share of the total that fell into its largest bucket of so many minutes of the clock. Missing
// without minutes.
std::optional<double> concentration(const LiquidationWindow& window, int64_t bucket_minutes);

std::optional<double> oscillator(double longs, double shorts, double floor);
std::optional<double> long_share(double longs, double shorts, double floor);

// Means over the `rules.days` complete days that end before `end` (a 00:00), for one series.
// Missing with fewer than `rules.days_min` valid days; `valid` is how many there were.
struct DayMeans {
  int valid = 0;
  double coverage = 0;                // of the days, and of the venues on each
  std::map<std::string, int> absent;  // valid days without this venue of the rule
  std::set<std::string> other_money;
  std::optional<double> oscillator, oscillator_weighted, share, share_weighted;
};
DayMeans mean_of_days(const LiquidationSeries& series, Instant end, const LiquidationRules& rules);

// Where `value` stands among the oscillators of the valid days before `end`: the share below, ties
// counted half. Of days that lack the venues `absent` and no others: a day of three venues says
// nothing of the oscillator of two.
struct Percentile {
  int days = 0;
  double share = 1;  // of the venues that the series stands for
  std::optional<double> by_day, by_volume;
  Instant first, last;
};
Percentile percentile_of(double value, const LiquidationSeries& series, Instant end,
                         const std::vector<std::string>& absent, const LiquidationRules& rules);

// `seen`: what a window that is not good enough has seen; each side's reason speaks of its own.
void read_windows(Panel& panel, const Rules& rules, const std::vector<LiquidationWindow>& windows,
                  const std::optional<std::string>& venue, const std::string& missing,
                  const LiquidationWindow* seen = nullptr);
void read_days(Panel& panel, const Rules& rules, const std::vector<LiquidationSeries>& series,
               const std::vector<LiquidationWindow>& windows);

}  // namespace delever::gauges
