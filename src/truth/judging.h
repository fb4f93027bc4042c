// What two readings have in common, for the judges of changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gauges/reading.h"

namespace delever::truth {

// Amounts on the wire have eight digits after the point; of a contract of 1000 coins that leaves
// about six of the figures that are summed here.
inline constexpr double kSame = 2e-6;

const gauges::Reading* find(const std::vector<gauges::Reading>& readings,
                            const gauges::Reading& like);
// `tolerance` of the larger, or `rounding` in their own unit.
bool same(std::optional<double> a, std::optional<double> b, double tolerance, double rounding = 0);
std::string text(const gauges::Reading& reading);
std::string line_of(const gauges::Reading& reading, const std::string& why);
// What is another than before, or "".
std::string unchanged(const std::vector<gauges::Reading>& before, const gauges::Reading& after,
                      double tolerance);

bool is_sum(std::string_view gauge);  // of venues: a level or a flow, never a change or a share
// A venue's reading that rests on prices or rates of other venues as well.
bool depends_on_others(std::string_view gauge);

}  // namespace delever::truth
