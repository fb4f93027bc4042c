#include "gateways/candle_length.h"

#include <gtest/gtest.h>

namespace delever::gateways {
namespace {

Instant at(std::string_view text) { return Instant::parse(text).value(); }

TEST(CandleLength, MonthsHaveTheirDaysAndWeeksBeginOnMondays) {
  const auto month = CandleLength::of_months(1);
  EXPECT_EQ(month.start(at("2028-02-29T23:59:59Z")).text(), "2028-02-01T00:00:00Z");
  EXPECT_EQ(month.end(at("2028-02-01T00:00:00Z")).text(), "2028-03-01T00:00:00Z");
  EXPECT_EQ(month.end(at("2026-12-01T00:00:00Z")).text(), "2027-01-01T00:00:00Z");
  EXPECT_EQ(CandleLength::of_months(3).start(at("2026-11-30T12:00:00Z")).text(),
            "2026-10-01T00:00:00Z");
  EXPECT_EQ(CandleLength::of_months(12).start(at("2026-11-30T12:00:00Z")).text(),
            "2026-01-01T00:00:00Z");
  const CandleLength week = Duration::days(7);
  EXPECT_EQ(week.start(at("2026-11-30T12:00:00Z")).text(), "2026-11-30T00:00:00Z");
  EXPECT_EQ(week.start(at("2026-11-29T12:00:00Z")).text(), "2026-11-23T00:00:00Z");
  const CandleLength hours = Duration::hours(4);
  EXPECT_EQ(hours.start(at("2026-11-30T15:59:59.999Z")).text(), "2026-11-30T12:00:00Z");
  EXPECT_EQ(hours.end(at("2026-11-30T12:00:00Z")).text(), "2026-11-30T16:00:00Z");
  EXPECT_TRUE(month.of_minutes());
  EXPECT_TRUE(CandleLength(Duration::seconds(1)).is_second());
  EXPECT_FALSE(CandleLength(Duration::seconds(90)).of_minutes());
}

// Midnight in Hong Kong is 16:00 of the day before.
TEST(CandleLength, DaysBeginByAClockToTheEast) {
  const Duration eight = Duration::hours(8);
  const CandleLength day = CandleLength(Duration::days(1)).east(eight);
  EXPECT_EQ(day.start(at("2026-11-30T15:59:59Z")).text(), "2026-11-29T16:00:00Z");
  EXPECT_EQ(day.start(at("2026-11-30T16:00:00Z")).text(), "2026-11-30T16:00:00Z");
  EXPECT_EQ(day.end(at("2026-11-30T16:00:00Z")).text(), "2026-12-01T16:00:00Z");
  const CandleLength month = CandleLength::of_months(1).east(eight);
  EXPECT_EQ(month.start(at("2026-11-30T16:00:00Z")).text(), "2026-11-30T16:00:00Z");
  EXPECT_EQ(month.end(at("2026-11-30T16:00:00Z")).text(), "2026-12-31T16:00:00Z");
  EXPECT_EQ(CandleLength(Duration::days(7)).east(eight).start(at("2026-11-30T12:00:00Z")).text(),
            "2026-11-29T16:00:00Z");
  EXPECT_EQ(CandleLength(Duration::minutes(5))
                .east(Duration::minutes(345))
                .start(at("2026-11-30T12:02:00Z"))
                .text(),
            "2026-11-30T12:00:00Z");
}

}  // namespace
}  // namespace delever::gateways
