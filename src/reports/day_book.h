// DayBook: the days of one or several coins, from tapes, from an episode or from tables, and the
// flush days among them: what a verdict and its record are made from.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gauges/day_figures.h"
#include "reports/context.h"
#include "verdict/day_path.h"
#include "verdict/setup.h"

namespace delever::reports {

// Vendors and recorders need some minutes after midnight for the figures of the day that is over.
inline constexpr Duration kDayDelay = Duration::hours(1);

struct DayBook {
  std::map<std::string, std::vector<gauges::DayFigures>> days;  // by coin, ascending
  std::vector<verdict::FlushDay> flush_days;  // of all coins, in the order of the record
  Instant until;                              // days that end later are not in it
  std::vector<std::string> inputs;
};

Result<verdict::Setup> load_verdict_rules(const std::string& path);

DayBook book_of_days(std::vector<gauges::DayFigures> days, Instant until,
                     const verdict::EventRules& rules);

struct DayBookOptions {
  std::vector<std::string> tapes;
  std::vector<std::string> data;    // tables (verdict/table.h), or one episode folder
  std::vector<std::string> assets;  // of tapes: empty for every coin that a vendor publishes
                                    // liquidations of; BTC and ETH are always read
  std::string rules;                // of the gauges
};
// Days that end at `until` or before, from what was known then; of the days just before it, from
// what was known `kDayDelay` later at most.
Result<DayBook> load_day_book(const DayBookOptions& options, Instant until,
                              const verdict::Setup& setup, Context& context);

}  // namespace delever::reports
