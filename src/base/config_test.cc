// Goal: a mistyped key or value is named by file, line and key; figures keep the text they were
// written with.
#include "base/config.h"

#include <gtest/gtest.h>

namespace delever {
namespace {

Result<Config> sample() {
  return Config::parse(
      "as_of = 2026-01-30T08:00:00Z\nband = 0.05\nrate = 0.00012500\nlate = \"5m\"\n"
      "[venue]\nname = \"okx\"\n[[tier]]\nn = 1\n[[tier]]\nn = 2\n",
      "rules.toml");
}

TEST(Config, reads_values) {
  const Config c = sample().value();
  EXPECT_EQ(c.instant("as_of").value().text(), "2026-01-30T08:00:00Z");
  EXPECT_EQ(c.number("band").value(), 0.05);
  EXPECT_EQ(c.decimal("rate").value(), "0.00012500");
  EXPECT_EQ(c.duration("late").value(), Duration::minutes(5));
  EXPECT_EQ(c.table("venue").value().text("name").value(), "okx");
  EXPECT_EQ(c.tables("tier").value().at(1).integer("n").value(), 2);
  EXPECT_FALSE(c.finish().has_value());  // tier[0].n was never read
  EXPECT_EQ(c.finish().error().text(), "rules.toml:8: tier[0].n: unknown key");
}

// What could exhaust the parser is refused before it sees it; what is only unusual is not.
TEST(Config, hostile_text_is_refused_before_it_is_parsed) {
  const auto said = [](const std::string& text) {
    const auto read = Config::parse(text, "x.toml");
    return read.has_value() ? std::string("read") : read.error().text();
  };
  EXPECT_EQ(said("a = " + std::string(40, '[') + std::string(40, ']')),
            "x.toml:1: nested deeper than 32");
  EXPECT_EQ(said("\na = " + std::string(1000, '{')), "x.toml:2: nested deeper than 32");
  std::string name = "a";
  for (int n = 0; n < 40; ++n) name += ".a";
  EXPECT_EQ(said(name + " = 1"), "x.toml:1: a name of more than 32 parts");
  EXPECT_EQ(said("[" + name + "]"), "x.toml:1: a name of more than 32 parts");
  EXPECT_NE(said(std::string(5 << 20, '#')).find("larger than 4 MiB"), std::string::npos);
  EXPECT_EQ(said("a = \"" + std::string(100, '[') + std::string(100, '.') + "\""), "read");
  EXPECT_EQ(said("a = \"\"\"\n" + std::string(100, '[') + "\n\"\"\" # [[[[\nb = [[1], [2]]"),
            "read");
}

TEST(Config, names_what_is_wrong_and_where) {
  const Config c = sample().value();
  EXPECT_EQ(c.text("band").error().text(), "rules.toml:2: band: want a string");
  EXPECT_EQ(c.finish().error().text(), "rules.toml:1: as_of: unknown key");
  EXPECT_EQ(Config::parse("a = \n", "x.toml").error().where, "x.toml:1");
  EXPECT_EQ(Config::load("/nowhere.toml").error().fault, Fault::unavailable);
  const Config far =
      Config::parse("day = 4052-01-05\ntime = 4052-01-05T00:00:00Z\n", "x.toml").value();
  EXPECT_EQ(far.instant("day").error().text(), "x.toml:1: day: no such date: 4052-1-5");
  EXPECT_EQ(far.instant("time").error().text(), "x.toml:2: time: no such date: 4052-1-5");
}

TEST(Config, HeadersWithoutANameAreErrorsAndNotCrashes) {
  for (const char* text : {"[!x]\n", "[[\x01y]]\n", "[ #\n", "[=]\na = 1\n"}) {
    const auto read = Config::parse(std::string("a = 1\n") + text, "x.toml");
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_TRUE(read.error().text().starts_with("x.toml:2: ")) << read.error().text();
  }
  EXPECT_TRUE(
      Config::parse("a = \"\"\"\n[!x]\n\"\"\"\nb = '''\n[?]'''\n[ t ]\n", "x.toml").has_value());
  EXPECT_TRUE(
      Config::parse("a = [\n  [{ x = 1 }],\n  [ # so\n+1]]  # [!]\nb = \"[\"\n[t]\n", "x.toml")
          .has_value());
}

}  // namespace
}  // namespace delever
