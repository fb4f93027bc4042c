#include "gateways/wire_text.h"

#include <gtest/gtest.h>

#include "gateways/json_tree.h"
#include "gateways/json_writer.h"

namespace delever::gateways {
namespace {

TEST(WireText, DecimalsAreRoundedAndPadded) {
  EXPECT_EQ(decimal(Price::raw(840'001'250'000'000), 2), "84000.13");
  EXPECT_EQ(decimal(Price::raw(-840'001'250'000'000), 2), "-84000.13");
  EXPECT_EQ(decimal(Price::raw(840'000'000'000'000), 1), "84000.0");
  EXPECT_EQ(decimal(Qty::raw(1'000'000), 3), "0.010");
  EXPECT_EQ(decimal(Amount::raw(-1), 8), "-0.00000001");
  EXPECT_EQ(decimal(Amount::raw(-1), 2), "0.00");
  EXPECT_EQ(digits_of(Price::raw(1'000'000'000)), 1);
  EXPECT_EQ(digits_of(Price::raw(5 * Price::scale)), 0);
  EXPECT_EQ(digits_of(Qty::raw(100'000)), 3);
}

TEST(WireText, IntervalsOfAllVenues) {
  EXPECT_EQ(interval_of("1m"), Duration::minutes(1));
  EXPECT_EQ(interval_of("4H"), Duration::hours(4));
  EXPECT_EQ(interval_of("D"), Duration::days(1));
  EXPECT_EQ(interval_of("1w"), Duration::days(7));
  EXPECT_EQ(interval_of("240"), Duration::hours(4));
  EXPECT_EQ(interval_of("1M"), std::nullopt);
  EXPECT_EQ(interval_of("m1"), std::nullopt);
  EXPECT_EQ(interval_of("-1m"), std::nullopt);
  EXPECT_EQ(interval_of(""), std::nullopt);
}

TEST(JsonText, WritesInOrderAndEscapes) {
  JsonWriter w;
  w.open('{').text("a", "x\"\n").raw("n", 5).raw("yes", true).open("l", '[').item("1").raw_item(2);
  w.open('{').close().close().null("z").close();
  EXPECT_EQ(w.take(), R"({"a":"x\"\u000a","n":5,"yes":true,"l":["1",2,{}],"z":null})");
}

TEST(JsonText, TreesKeepNumbersAsTheyWereWritten) {
  const auto tree = JsonTree::parse(
      R"({"p":"0.10","q":0.100,"e":1e3,"b":true,"n":null,"l":[{"x":-1},"é\n"],"i":7})");
  ASSERT_TRUE(tree.has_value()) << tree.error().text();
  const JsonTree& t = tree.value();
  EXPECT_EQ(t.text("p"), "0.10");
  EXPECT_EQ(t.text("q"), "0.100");
  EXPECT_EQ(t.text("e"), "1e3");
  EXPECT_EQ(t.boolean("b"), true);
  EXPECT_EQ(t.maybe("n"), std::nullopt);
  EXPECT_EQ(t.integer("i"), 7);
  ASSERT_EQ(t["l"].items().size(), 2u);
  EXPECT_EQ(t["l"].items()[0].integer("x"), -1);
  EXPECT_EQ(t["l"].items()[1].text(), "é\n");
  EXPECT_TRUE(t["nowhere"]["else"].is_null());
}

TEST(JsonText, BrokenTreesAreRefused) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":}", "{\"a\":1}x", "nul", "[01]", "\x01"})
    EXPECT_FALSE(JsonTree::parse(text).has_value()) << text;
  EXPECT_FALSE(JsonTree::parse(std::string(100, '[') + std::string(100, ']')).has_value());
}

}  // namespace
}  // namespace delever::gateways
