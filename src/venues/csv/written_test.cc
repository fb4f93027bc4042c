// Numbers and times as people write them: what is read, and that what does not keep its form is
// refused rather than guessed.
#include "venues/csv/written.h"

#include <gtest/gtest.h>

#include <random>

namespace delever::venues {
namespace {

std::string number(std::string_view text, char decimal, const std::string& thousands) {
  return plain_number(text, {.decimal = decimal, .thousands = thousands}).value_or("refused");
}

TEST(WrittenNumber, MarksOfTheMapAndNoOthers) {
  EXPECT_EQ(number("1.234.567,89", ',', "."), "1234567.89");
  EXPECT_EQ(number("1,234,567.89", '.', ","), "1234567.89");
  EXPECT_EQ(number("1 234 567,89", ',', " "), "1234567.89");
  EXPECT_EQ(number("1\xC2\xA0"
                   "234,5",
                   ',', " "),
            "1234.5");
  EXPECT_EQ(number("1'234.5", '.', "'"), "1234.5");
  EXPECT_EQ(number("-0,5", ',', ""), "-0.5");
  EXPECT_EQ(number("+7", ',', "."), "7");
  EXPECT_EQ(number(",25", ',', "."), "0.25");
  EXPECT_EQ(number("12,", ',', "."), "12");
  EXPECT_EQ(number("2,5E-3", ',', "."), "2.5E-3");
  EXPECT_EQ(number("84250", ',', "."), "84250");  // groups need not be marked
}

TEST(WrittenNumber, AGroupOfOtherThanThreeDigitsIsNoNumber) {
  for (const char* text : {"1.5", "1.23.456", "12.3456", "1234.567", ".123", "1..234", "1.234.", "",
                           "-", ",", "1,2,3", "1 2", "0x10", "1.234,5.6"})
    EXPECT_EQ(number(text, ',', "."), "refused") << text;
}

// Any amount, written in any marks, is read back to its own digits.
TEST(WrittenNumber, ReadsBackWhatWasWritten) {
  std::mt19937_64 random(20260130);
  for (int i = 0; i < 20'000; ++i) {
    std::string digits = std::to_string(random() % 1'000'000'000'000);
    const std::string decimals = std::to_string(random() % 1000);
    const std::string plain = digits + "." + decimals;
    for (const auto& [decimal, mark] : {std::pair{',', "."}, std::pair{'.', ","}}) {
      std::string grouped = digits;
      for (size_t at = grouped.size(); at > 3; at -= 3) grouped.insert(at - 3, mark);
      EXPECT_EQ(number(grouped + decimal + decimals, decimal, mark), plain);
    }
  }
}

std::string time(std::string_view text, DateOrder order, Duration ahead = {}) {
  const auto read = parse_written(text, order, ahead);
  return read.has_value() ? read.value().text() : "refused";
}

TEST(WrittenTime, DatesInTheOrderThatTheMapNames) {
  constexpr auto dmy = DateOrder::day_month_year, mdy = DateOrder::month_day_year,
                 ymd = DateOrder::year_month_day;
  EXPECT_EQ(time("30.01.2026", dmy), "2026-01-30T00:00:00Z");
  EXPECT_EQ(time("30.1.26 9:15", dmy), "2026-01-30T09:15:00Z");
  EXPECT_EQ(time("30/01/2026 09:15:30,5", dmy), "2026-01-30T09:15:30.5Z");
  EXPECT_EQ(time("30 Jan 2026, 21:00", dmy), "2026-01-30T21:00:00Z");
  EXPECT_EQ(time("30-Jan-26", dmy), "2026-01-30T00:00:00Z");
  EXPECT_EQ(time("1/30/2026 9:15 PM", mdy), "2026-01-30T21:15:00Z");
  EXPECT_EQ(time("01/30/2026 12:00 am", mdy), "2026-01-30T00:00:00Z");
  EXPECT_EQ(time("Jan 30, 2026", mdy), "2026-01-30T00:00:00Z");
  EXPECT_EQ(time("January 30, 2026 08:00 UTC", mdy), "2026-01-30T08:00:00Z");
  EXPECT_EQ(time("2026/1/30 08:00", ymd), "2026-01-30T08:00:00Z");
  EXPECT_EQ(time("2026.01.30", ymd), "2026-01-30T00:00:00Z");
}

TEST(WrittenTime, WhatDoesNotFitIsRefused) {
  constexpr auto dmy = DateOrder::day_month_year, mdy = DateOrder::month_day_year;
  for (const char* text :
       {"01/30/2026", "30.02.2026", "30.01/2026", "30.01.2026 25:00", "30.01.2026 13:00 PM",
        "30.01.2026 9", "30.01.202", "30.01.2026x", "Jan 30, 2026", "", "46052.33", "30.Foo.2026"})
    EXPECT_EQ(time(text, dmy), "refused") << text;
  EXPECT_EQ(time("30/01/2026", mdy), "refused");
  EXPECT_EQ(time("2026-13-01", DateOrder::year_month_day), "refused");
}

TEST(WrittenTime, TheClockOfTheFileIsTakenToUtc) {
  constexpr auto dmy = DateOrder::day_month_year;
  EXPECT_EQ(time("30.01.2026 16:00", dmy, Duration::hours(8)), "2026-01-30T08:00:00Z");
  EXPECT_EQ(time("30.01.2026", dmy, Duration::hours(-5)), "2026-01-30T05:00:00Z");
  EXPECT_EQ(time("30.01.2026 16:00 +08:00", dmy), "2026-01-30T08:00:00Z");
  EXPECT_EQ(time("30.01.2026 16:00 UTC+8", dmy), "2026-01-30T08:00:00Z");
  EXPECT_EQ(time("30.01.2026 16:00 +0530", dmy), "2026-01-30T10:30:00Z");
  EXPECT_EQ(time("30.01.2026 16:00 +08:00", dmy, Duration::hours(8)), "2026-01-30T08:00:00Z");
  // Two clocks in one row: neither is believed.
  EXPECT_EQ(time("30.01.2026 16:00 UTC", dmy, Duration::hours(8)), "refused");
  EXPECT_EQ(time("30.01.2026 16:00 PST", dmy), "refused");  // of two zones at least
}

TEST(WrittenTime, IsoWithTheOffsetThatItNames) {
  const auto iso = [](std::string_view text, Duration ahead = {}) {
    const auto read = parse_iso(text, ahead);
    return read.has_value() ? read.value().text() : read.error().what;
  };
  EXPECT_EQ(iso("2026-01-30T16:00:00+08:00"), "2026-01-30T08:00:00Z");
  EXPECT_EQ(iso("2026-01-30 03:00:00-0500"), "2026-01-30T08:00:00Z");
  EXPECT_EQ(iso("2026-01-30 08:00:00+00"), "2026-01-30T08:00:00Z");
  EXPECT_EQ(iso("2026-01-30"), "2026-01-30T00:00:00Z");
  EXPECT_EQ(iso("2026-01-30 16:00", Duration::hours(8)), "2026-01-30T08:00:00Z");
  EXPECT_EQ(iso("2026-01-30T16:00:00Z", Duration::hours(8)),
            "\"2026-01-30T16:00:00Z\" names another zone than the map's ahead_of_utc");
  EXPECT_EQ(iso("30.01.2026"), "not a UTC time: \"30.01.2026\" (want 2026-01-30T08:00:00Z)");
  EXPECT_EQ(iso("2026-01-30T16:00:00+99:00"),
            "not a UTC time: \"2026-01-30T16:00:00+99:00\" (want 2026-01-30T08:00:00Z)");
}

}  // namespace
}  // namespace delever::venues
