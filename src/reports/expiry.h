// Reading an expiry as people write it.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace delever::reports {

// 30JAN26, 30-Jan-2026, 2026-01-30, 20260130, or 260130 as contracts have it in their names; at
// 08:00 UTC, as on every venue here.
Result<Instant> read_expiry(std::string_view text);

}  // namespace delever::reports
