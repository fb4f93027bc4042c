// The days of one coin in order, and which of them are flush days: by price, by liquidations, by
// open interest. Every figure of a day uses that day and earlier ones alone; what came is filled in
// where the seven days after it are there. docs/models/verdict.md, "Event" and "Target".
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gauges/day_figures.h"
#include "verdict/flush_day.h"

namespace delever::verdict {

struct EventRules {
  double price_deviations = 2.5;  // a fall beyond so many daily deviations of the day before
  double price_fall = 0.10;       // or by so much
  double slow_decay = 0.97,
         fast_decay = 0.94;             // of the EWMA variance: the event's, the price risk's
  int rows_min = 30;                    // closes before a deviation is used
  double liquidation_quantile = 0.975;  // of the longs liquidated in the days before
  int liquidation_days = 365, liquidation_days_min = 120;
  double long_share = 0.7;
  double interest_fall = 0.08;  // in coins
  double wave_share = 0.5;      // of the flush's long liquidations: a second wave
  int outcome_days = 7;
  double lower_by = 0.05;
  int funding_days = 7, funding_days_min = 6;
  int own_days = 90, own_days_min = 60;  // what a coin's own movement is measured over
  int path_days = 40;                    // without a hole in the closes
};

class DayPath {
 public:
  // `days`: of one coin, ascending, each once. Days may be missing.
  DayPath(std::span<const gauges::DayFigures> days, const EventRules& rules);

  // From the first day of which anything but prices is on file.
  std::vector<FlushDay> flush_days() const;
  // Whatever the day was; nothing when it is outside the days given.
  std::optional<FlushDay> day(Instant day) const;
  std::optional<Instant> last() const;  // the newest day

 private:
  struct Point {  // what a day says, one calendar day after another
    const gauges::DayFigures* figures = nullptr;
    Item close;                        // of the source of the day's return, else the best
    std::optional<double> log_return;  // from the day before, by one source
    std::optional<double> slow, fast;  // EWMA variances after the day
    Item interest_change, part_change;
    int rows = 0;  // closes so far
  };
  void add_prices(size_t i);
  FlushDay described(size_t i) const;
  void put_liquidations(FlushDay& day, size_t i) const;
  void put_funding(FlushDay& day, size_t i) const;
  void put_own_interest(FlushDay& day, size_t i) const;
  void put_outcome(FlushDay& day, size_t i) const;
  const gauges::DayLiquidations* liquidations(size_t i, const std::string& series) const;
  std::optional<double> funding(size_t i, const gauges::DayFunding& source) const;

  EventRules rules_;
  Instant first_;
  std::vector<Point> points_;
  double slow_ = 0, fast_ = 0;
  bool seeded_ = false;
};

// The flush days of every coin in `days` (in any order), in the order of the record.
std::vector<FlushDay> find_flush_days(const std::vector<gauges::DayFigures>& days,
                                      const EventRules& rules);
// The days of each coin, ascending.
std::map<std::string, std::vector<gauges::DayFigures>> by_asset(
    std::vector<gauges::DayFigures> days);

}  // namespace delever::verdict
