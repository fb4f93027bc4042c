// Goal: the order of a brief's readings speaks of gauges that there are.
#include "reports/brief.h"

#include <gtest/gtest.h>

#include <set>

#include "gauges/gauges.h"

namespace delever::reports {
namespace {

TEST(Brief, each_place_of_the_order_is_of_a_gauge) {
  const size_t behind_all = reading_rank("no such gauge");
  std::set<size_t> taken;
  for (const gauges::GaugeName& gauge : gauges::gauge_names())
    taken.insert(reading_rank(gauge.name));
  taken.erase(behind_all);
  EXPECT_EQ(taken.size(), behind_all);
}

}  // namespace
}  // namespace delever::reports
