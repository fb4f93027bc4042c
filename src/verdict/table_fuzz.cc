// A record or a series of days is a table that somebody brought. Whatever the bytes, reading it
// ends with rows in order or with an error that names the file; what is read can be judged and
// scored.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "verdict/day_path.h"
#include "verdict/record.h"
#include "verdict/table.h"

using namespace delever;
using namespace delever::verdict;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto table = read_csv(text, "fuzz.csv");
  if (!table.has_value()) return 0;
  VerdictRules rules;
  rules.past_days_min = 1;
  if (is_flush_table(table.value())) {
    const auto days = read_flush_days(table.value());
    if (!days.has_value()) {
      CHECK(days.error().text().find("fuzz.csv") != std::string::npos);
    } else if (days.value().size() <= 60) {
      for (const Judged& one : make_record(days.value(), rules).days)
        CHECK(!one.probability || (*one.probability >= 0 && *one.probability <= 1));
    }
    return 0;
  }
  const auto days = read_days(table.value());
  if (!days.has_value()) {
    CHECK(days.error().text().find("fuzz.csv") != std::string::npos);
    return 0;
  }
  if (days.value().empty()) return 0;
  // A path has a point for each calendar day between the first and the last.
  if (days.value().back().day - days.value().front().day > Duration::days(2000)) return 0;
  for (const FlushDay& day : find_flush_days(days.value(), {}))
    CHECK(!day.log_return || std::isfinite(*day.log_return));
  return 0;
}
