// Goal: every instant survives text and back, and text that is not UTC is refused.
#include "base/time.h"

#include <gtest/gtest.h>

namespace delever {
namespace {

TEST(Instant, reads_and_writes_iso8601) {
  EXPECT_EQ(Instant::parse("2026-01-30T08:00:00Z").value().ms(), 1769760000000);
  EXPECT_EQ(Instant::parse("2026-01-30").value().text(), "2026-01-30T00:00:00Z");
  EXPECT_EQ(Instant::parse("2020-12-23 00:00:00+00").value().date(), "2020-12-23");
  EXPECT_EQ(Instant::parse("2026-01-30T15:21:07.009Z").value().text(), "2026-01-30T15:21:07.009Z");
  EXPECT_EQ(Instant::parse("2026-01-30T07:23").value().text(), "2026-01-30T07:23:00Z");
  EXPECT_EQ(Instant::parse("1969-12-31T23:59:59Z").value().ns(), -1'000'000'000);
  EXPECT_EQ(Instant::parse("1969-12-31T23:59:59Z").value().date(), "1969-12-31");
}

TEST(Instant, refuses_what_is_not_a_utc_time) {
  for (const char* text :
       {"", "now", "2026-02-30", "2026-1-3", "2026-01-30T25:00:00Z", "2026-01-30T08:00:00+02:00",
        "2026-01-30T08:00:00.Z", "2026-01-30junk", "9999-01-01", "1677-12-31", "2262-01-01"})
    EXPECT_FALSE(Instant::parse(text).has_value()) << text;
  EXPECT_FALSE(Instant::from_ms(INT64_MAX / 1000).has_value());
}

TEST(Instant, text_round_trips_over_four_centuries) {
  for (int64_t ns = -9'000'000'000'000'000'000; ns < 9'000'000'000'000'000'000;
       ns += 17'777'777'777'777'777)
    EXPECT_EQ(Instant::parse(Instant::ns(ns).text()).value().ns(), ns);
}

TEST(Instant, arithmetic_stops_at_the_ends_of_the_range) {
  EXPECT_EQ(Instant::min() - Duration::days(30), Instant::min());
  EXPECT_EQ(Instant::max() + Duration::ns(1), Instant::max());
  EXPECT_EQ(Instant::max() - Duration::ns(INT64_MIN), Instant::max());
  EXPECT_EQ(Instant::max() - Instant::min(), Duration::ns(INT64_MAX));
  EXPECT_EQ(Instant::min() - Instant::max(), Duration::ns(INT64_MIN));
  EXPECT_EQ(Duration::days(100'000) * -2, Duration::ns(INT64_MIN));
  EXPECT_EQ(Duration::ns(INT64_MIN) * -1, Duration::ns(INT64_MAX));
  EXPECT_EQ(Duration::ns(INT64_MAX) + Duration::days(1), Duration::ns(INT64_MAX));
  EXPECT_EQ(Instant::max() + Duration::hours(-1), Instant::ns(INT64_MAX - 3'600'000'000'000));
  for (const Instant end : {Instant::min(), Instant::max()}) {
    EXPECT_EQ(end.text().substr(0, 10), end.date());
    EXPECT_LE(end.start_of_day(), end);
  }
}

TEST(Duration, reads_units) {
  EXPECT_EQ(Duration::parse("8h").value(), Duration::hours(8));
  EXPECT_EQ(Duration::parse("90s").value().text(), "90s");
  EXPECT_EQ(Duration::hours(24).text(), "1d");
  EXPECT_FALSE(Duration::parse("8").has_value());
  EXPECT_FALSE(Duration::parse("99999999999999d").has_value());
}

}  // namespace
}  // namespace delever
