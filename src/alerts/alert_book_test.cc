// Goal: an alert fires when it must, once, and is over when it is over: at the edges of bounds and
// times.
#include "alerts/alert_book.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/source_root.h"

namespace delever::alerts {
namespace {

std::vector<Rule> rules_of(const std::string& text) {
  auto rules = read_rules(text, "alerts.toml");
  EXPECT_TRUE(rules.has_value()) << (rules.has_value() ? "" : rules.error().text());
  return rules.has_value() ? std::move(rules).value() : std::vector<Rule>();
}

std::string refused(const std::string& text) {
  const auto rules = read_rules(text, "alerts.toml");
  return rules.has_value() ? "" : rules.error().text();
}

// Feeds one reading a minute and writes what came: "+3" fires at minute 3, "-7" is over at 7.
class Feed {
 public:
  explicit Feed(const std::string& rule) : book_(rules_of(rule)) {}
  std::string run(const std::vector<std::optional<double>>& values) {
    std::string out;
    for (const auto& value : values) {
      gauges::Reading r{.name = "oi_coins", .asset = "BTC", .value = value, .unit = "coins"};
      r.state = value ? gauges::State::single_source : gauges::State::pending;
      const std::vector<gauges::Reading> readings{r};
      const Instant at = Instant::ns(0) + Duration::minutes(minute_);
      for (const Alert& a : book_.hear({.asset = "BTC", .at = at, .readings = &readings}))
        out +=
            (out.empty() ? "" : " ") + std::string(a.firing ? "+" : "-") + std::to_string(minute_);
      ++minute_;
    }
    return out;
  }

 private:
  AlertBook book_;
  int minute_ = 0;
};

constexpr const char* kAbove = R"([[alert]]
name = "a"
kind = "value"
reading = "oi_coins"
above = 10
)";

TEST(AlertBook, FiresBeyondItsBoundAndIsOverWithinIt) {
  EXPECT_EQ(Feed(kAbove).run({9, 10, 11, 12, 10, 9, 11}), "+2 -4 +6");
}

TEST(AlertBook, BetweenTheBoundAndClearNothingChanges) {
  const std::string rule = std::string(kAbove) + "clear = 8\n";
  EXPECT_EQ(Feed(rule).run({9, 11, 9, 11, 9, 8.5, 8, 9, 11}), "+1 -6 +8");
}

TEST(AlertBook, BelowIsTheSameTheOtherWayRound) {
  EXPECT_EQ(Feed(R"([[alert]]
name = "a"
kind = "value"
reading = "oi_coins"
below = 10
clear = 12
)")
                .run({11, 9, 11, 12, 9}),
            "+1 -3 +4");
}

TEST(AlertBook, ItMustLastBeforeItFiresAndBeforeItIsOver) {
  const std::string rule = std::string(kAbove) + "for = \"2m\"\nrest = \"3m\"\n";
  EXPECT_EQ(Feed(rule).run({11, 9, 11, 11, 11, 9, 9, 11, 9, 9, 9, 9}), "+4 -11");
}

TEST(AlertBook, WhatIsNotKnownDecidesNothing) {
  EXPECT_EQ(Feed(kAbove).run({{}, 11, {}, {}, 11, 9, {}}), "+1 -5");
}

TEST(AlertBook, AChangeIsOverItsTimeAndNotYoungerThanThat) {
  const std::string rule = R"([[alert]]
name = "a"
kind = "change"
reading = "oi_coins"
over = "3m"
relative = true
below = -0.1
)";
  EXPECT_EQ(Feed(rule).run({100, 80, 80, 100, 100, 89, 88, 88, 88, 88, 88}), "+6 -8");
}

TEST(AlertBook, ASumOverOtherSourcesIsNotCompared) {
  AlertBook book(rules_of(R"([[alert]]
name = "a"
kind = "change"
reading = "oi_coins"
over = "1m"
below = -5
)"));
  std::string heard;
  for (int m = 0; m < 6; ++m) {
    gauges::Reading r{
        .name = "oi_coins", .asset = "BTC", .value = m < 3 ? 100 : 20, .unit = "coins"};
    r.sources =
        m < 3 ? std::vector<std::string>{"binance", "bybit"} : std::vector<std::string>{"bybit"};
    if (m == 5) r.value = 10;
    const std::vector<gauges::Reading> readings{r};
    const Instant at = Instant::ns(0) + Duration::minutes(m);
    for (const Alert& a : book.hear({.asset = "BTC", .at = at, .readings = &readings}))
      heard += (a.firing ? "+" : "-") + std::to_string(m);
  }
  EXPECT_EQ(heard, "+5");
}

TEST(AlertBook, AStateAndItsReason) {
  AlertBook book(rules_of(R"([[alert]]
name = "s"
kind = "state"
reading = "oi_coins"
venue = "bybit"
is = ["pending", "conflicting"]
)"));
  gauges::Reading r{.name = "oi_coins", .asset = "BTC", .venue = "bybit", .unit = "coins"};
  r.state = gauges::State::pending;
  r.reason = "nothing for 2h";
  const std::vector<gauges::Reading> readings{r};
  const auto alerts = book.hear({.asset = "BTC", .at = Instant::ns(5), .readings = &readings});
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_NE(alerts[0].text.find("nothing for 2h"), std::string::npos);
  EXPECT_EQ(alerts[0].subject, "oi_coins bybit");
  EXPECT_TRUE(book.hear({.asset = "ETH", .at = Instant::ns(6), .readings = &readings}).empty());
}

TEST(AlertBook, AGapCountsForItsTimeAndAVerdictWhileItStands) {
  AlertBook book(rules_of(R"([[alert]]
name = "g"
kind = "gap"
stream = "bybit"
over = "10m"
[[alert]]
name = "v"
kind = "verdict"
is = ["not_cleared"]
)"));
  const auto minute = [](int m) { return Instant::ns(0) + Duration::minutes(m); };
  const std::vector<reports::GapSeen> gaps{
      {"bybit:trades", "", minute(5), minute(6), GapKind::recorded, "not connected"},
      {"okx:trades", "", minute(30), minute(31), GapKind::recorded, "not connected"}};
  std::string heard;
  for (int m = 0; m < 40; ++m) {
    const std::string answer = m >= 20 && m < 25 ? "not_cleared" : "cannot_tell";
    for (const Alert& a :
         book.hear({.asset = "BTC", .at = minute(m), .verdict = answer, .gaps = &gaps}))
      heard += a.name + (a.firing ? "+" : "-") + std::to_string(m) + " ";
  }
  EXPECT_EQ(heard, "g+5 g-17 v+20 v-25 ");
}

TEST(AlertRules, ThoseThatComeWithTheProgramAreRead) {
  const auto text = read_file(source_root() + "/rules/alerts.toml");
  ASSERT_TRUE(text.has_value());
  const auto rules = read_rules(text.value(), "rules/alerts.toml");
  ASSERT_TRUE(rules.has_value()) << rules.error().text();
  EXPECT_EQ(rules.value().size(), 6U);
}

TEST(AlertRules, AMistakeIsNamedWithItsLine) {
  const auto rule = [](const std::string& rest) {
    return "[[alert]]\nname = \"a\"\nkind = \"value\"\nreading = \"oi_coins\"\n" + rest;
  };
  EXPECT_NE(refused("").find("no [[alert]]"), std::string::npos);
  EXPECT_NE(refused(rule("")).find("one of above and below"), std::string::npos);
  EXPECT_NE(refused(rule("above = 1\nbelow = 2\n")).find("one of above"), std::string::npos);
  EXPECT_NE(refused(rule("above = 1\nclear = 2\n")).find("beyond the bound"), std::string::npos);
  EXPECT_NE(refused(rule("above = 1\ncolour = 2\n")).find("colour"), std::string::npos);
  EXPECT_NE(refused(rule("above = 1\nfor = \"soon\"\n")).find("for"), std::string::npos);
  EXPECT_NE(refused(rule("above = 1\n") + rule("above = 1\n")).find("twice"), std::string::npos);
  EXPECT_NE(refused("[[alert]]\nname = \"a\"\nkind = \"value\"\nreading = \"oi\"\nabove = 1\n")
                .find("no such gauge"),
            std::string::npos);
  EXPECT_NE(refused("[[alert]]\nname = \"a\"\nkind = \"mood\"\n").find("kind"), std::string::npos);
  EXPECT_NE(refused("[[alert]]\nname=\"a\"\nkind=\"verdict\"\nis=[\"maybe\"]\n").find("maybe"),
            std::string::npos);
}

TEST(AlertRules, AMistakeIsToldWithWhatThereIsToChoose) {
  const std::string head = "[[alert]]\nname = \"a\"\n";
  EXPECT_EQ(
      refused(head + "kind = \"gap\"\nsteam = \"binance\"\n"),
      "alerts.toml:4: alert[0].steam: no such key (did you mean stream?); this kind has name, "
      "kind, severity, summary, for, rest, stream, over");
  EXPECT_EQ(refused(head + "kind = \"value\"\nreading = \"oi_coin\"\nabove = 1\n"),
            "alerts.toml:4: alert[0].reading: no such gauge (did you mean oi_coins?): delever "
            "explain gauges lists them");
  EXPECT_EQ(refused(head + "kind = \"verdict\"\nis = \"cleared\"\n"),
            "alerts.toml:4: alert[0].is: want a list of these: cleared, not_cleared, cannot_tell");
}

TEST(AlertBook, ARuleThatCouldNeverDecideIsNamed) {
  const std::string head = "[[alert]]\nkind = \"value\"\nabove = 1\n";
  AlertBook book(rules_of(head + "name = \"a\"\nreading = \"oi_coins\"\n" + head +
                          "name = \"b\"\nreading = \"oi_coins\"\nvenue = \"binanse\"\n" + head +
                          "name = \"c\"\nreading = \"oi_usd\"\n"));
  gauges::Reading coins{.name = "oi_coins", .asset = "BTC", .value = 0.5, .unit = "coins"};
  gauges::Reading usd{.name = "oi_usd", .asset = "BTC", .unit = "USD"};
  usd.reason = "no price";
  const std::vector<gauges::Reading> readings{coins, usd};
  EXPECT_TRUE(book.hear({.asset = "BTC", .at = Instant::ns(0), .readings = &readings}).empty());
  const std::vector<std::string> deaf = book.deaf();
  ASSERT_EQ(deaf.size(), 2U);
  EXPECT_TRUE(deaf[0].starts_with("alerts.toml:6: ")) << deaf[0];
  EXPECT_TRUE(
      deaf[0].ends_with(": alert b decided nothing: oi_coins binanse of BTC was never there"))
      << deaf[0];
  EXPECT_TRUE(
      deaf[1].ends_with(": alert c decided nothing: oi_usd of BTC was never known: no price"))
      << deaf[1];
}

}  // namespace
}  // namespace delever::alerts
