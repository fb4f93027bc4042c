// Goal: RFC 4180 as files in the wild use it, and a line number for whatever is not.
#include "base/csv.h"

#include <gtest/gtest.h>

namespace delever {
namespace {

TEST(Csv, quotes_and_line_ends) {
  const CsvTable t = read_csv(
                         "\xEF\xBB\xBF"
                         "a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\n3,\n",
                         "t.csv")
                         .value();
  ASSERT_EQ(t.rows.size(), 2u);
  EXPECT_EQ(t.field(t.rows[0], "b"), "x, \"y\"\nz");
  EXPECT_EQ(t.field(t.rows[1], "b"), "");
  EXPECT_EQ(t.field(t.rows[1], "none"), "");
  EXPECT_EQ(t.place(t.rows[1]), "t.csv:5");
}

TEST(Csv, names_the_line) {
  EXPECT_EQ(read_csv("a,b\n1,2\n1\n", "t.csv").error().where, "t.csv:3");
  EXPECT_EQ(read_csv("a,b\n\"1,2\n", "t.csv").error().where, "t.csv:line 2");
  EXPECT_EQ(read_csv("a\n\"1\"x\n", "t.csv").error().what, "text after a closing quote");
  EXPECT_EQ(read_csv("", "t.csv").error().fault, Fault::malformed);
}

}  // namespace
}  // namespace delever
