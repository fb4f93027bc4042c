// Goal: numbers are the whole text or nothing.
#include "base/text.h"

#include <gtest/gtest.h>

namespace delever {
namespace {

TEST(Text, numbers_are_whole_or_absent) {
  EXPECT_EQ(read_int("-12"), -12);
  EXPECT_EQ(read_double("2.8e-4"), 2.8e-4);
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "nan", "inf", "1e999"})
    EXPECT_FALSE(read_double(text)) << text;
  EXPECT_FALSE(read_int("1.0"));
  EXPECT_EQ(write_double(0.1), "0.1");
  EXPECT_EQ(write_double(-0.0), "0");
}

TEST(Text, split_and_trim) {
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
  EXPECT_EQ(split("", ',').size(), 1u);
  EXPECT_EQ(trimmed(" \ta b\r\n"), "a b");
  EXPECT_EQ(trimmed("  "), "");
  EXPECT_EQ(upper("btc-1"), "BTC-1");
  EXPECT_EQ(lower("BTC-1"), "btc-1");
}

TEST(Text, for_people) {
  EXPECT_EQ(printable("a\x1b[31mred\x7f\xc2\x9b \xc3\xa9\n\t"),
            "a\\x1b[31mred\\x7f\\x9b \xc3\xa9\n\t");
  // A header in GBK, and the ends of characters that were cut.
  EXPECT_EQ(printable("side/\xbd\xbb, \xe4\xba\xa4 \xe4\xba \xf0\x9f\x92\xb0\xf0"),
            "side/\\xbd\\xbb, \xe4\xba\xa4 \\xe4\\xba \xf0\x9f\x92\xb0\\xf0");
  EXPECT_EQ(for_people("  -0.00 [-0.0, -0.01] -0 -0.50 -00:30 2026-01-05 -0x"),
            "   0.00 [0.0, -0.01]  0 -0.50 -00:30 2026-01-05 -0x");
}

}  // namespace
}  // namespace delever
