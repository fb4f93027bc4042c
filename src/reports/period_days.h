// Days of a simulated market, where a period of some minutes stands for a day: so many flushes as
// the real market does not have. For calibration of the verdict (tools/verdict_lab.py).
#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace delever::reports {

// The periods of one tape as a table of days (verdict/table.h), dated from 2000-01-01 on: the close
// and the open interest of the perpetuals of one coin, longs and shorts liquidated, funding, and
// what is bid within 1 %. Trades, liquidations and books are summed over venues; the close is that
// of the venue that trades first.
Result<std::string> period_table(const std::string& tape, const std::string& asset,
                                 Duration period);

}  // namespace delever::reports
