// Flush days and day series as tables with named columns: the record's own form, and the plain form
// in which somebody may bring the days of any coin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/csv.h"
#include "base/result.h"
#include "gauges/day_figures.h"
#include "verdict/flush_day.h"

namespace delever::verdict {

// One row a flush day. Columns by name, in any order; those within [] may be absent, and any
// field may be empty, which means missing:
//   symbol, date, [definition], [close], [ret_1d] log return, [ewma94] daily deviation,
//   [funding_annual], [oi_coins_logchange_1d], [x4_unclipped] funding less its 7-day mean in 10 % a
//   year, [s2], [s4] both changes in units of the coin's own movement,
//   (or a column that begins with "s2_", "s4_"), [x1_ln_longliq_over_median], [second_wave_half_7d]
//   0 or 1, [lower5_7d] 0 or 1, [lowest_close_7d] relative.
// Errors name the file, the line and the column. Rows come out in the record's order.
Result<std::vector<FlushDay>> read_flush_days(const CsvTable& table);
bool is_flush_table(const CsvTable& table);

// One row a day and coin: symbol, date, close, and as many as there are of ["liq_long_usd"],
// ["liq_short_usd"] (both or none), [oi_coins] or [oi_usd], [funding_annual] a fraction,
// [depth_bids_usd] within 1 %, [longs_within_2pct_usd] above 0. Days may be missing; each coin's
// day stands once.
Result<std::vector<gauges::DayFigures>> read_days(const CsvTable& table);
bool is_day_table(const CsvTable& table);

// A number of a named column: nothing when the table has no such column or the field is empty; an
// error that names line and column when it is no finite number.
Result<std::optional<double>> number_of(const CsvTable& table, const CsvRecord& row,
                                        std::string_view column);
Result<Instant> day_of(const CsvTable& table, const CsvRecord& row, std::string_view column);

}  // namespace delever::verdict
