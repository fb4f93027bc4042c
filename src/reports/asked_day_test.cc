// Goal: a verdict speaks of the day that was asked about, or says of which it speaks.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "reports/expiry.h"
#include "reports/inputs.h"
#include "reports/verdict.h"

namespace delever::reports {
namespace {

TEST(Inputs, ACoinAsSomebodyTypesIt) {
  for (const char* text : {"sol", "SOL/USDT:USDT", "SOLUSDT", "sol-usdc", "SOL/USD"})
    EXPECT_EQ(coin_named(text), "SOL") << text;
  EXPECT_EQ(coin_named("kBONK"), "BONK");
  EXPECT_EQ(coin_named("SOLUSDCUSDT"), "SOL");
  EXPECT_EQ(coin_named("USDC-USDT"), "USDC");
  EXPECT_EQ(coin_named("USDT"), "USDT");
  EXPECT_EQ(coin_named("TUSDT"), "TUSDT");
  EXPECT_EQ(coin_named("PYUSD"), "PYUSD");
  EXPECT_EQ(coin_named("xyz:NVDA"), "XYZ:NVDA");
}

TEST(Inputs, AnExpiryAsSomebodyTypesIt) {
  const Instant expiry = Instant::parse("2026-03-27T08:00:00Z").value();
  for (const char* text : {"27MAR26", "27mar26", "27-Mar-26", "27 Mar 2026", "27MAR2026",
                           "2026-03-27", "2026-03-27T08:00:00Z", "20260327", "260327"}) {
    const auto read = read_expiry(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(read.value(), expiry) << text;
  }
  // A day and a month that could be either way round, another hour, and no days at all.
  for (const char* text : {"", "27/03/2026", "03-04-2026", "2026-03-27T00:00:00Z", "2026-13-27",
                           "31FEB26", "20261327", "MAR26", "2026"})
    EXPECT_FALSE(read_expiry(text).has_value()) << text;
}

TEST(Inputs, AnInstrumentAsSomebodyTypesIt) {
  for (const auto& [typed, name] : std::vector<std::pair<const char*, const char*>>{
           {"sol-usdt", "SOL-USDT"},
           {"SOL/USDT", "SOL-USDT"},
           {"sol/usdt:usdt", "SOL-USDT-PERP"},
           {"SOL/USD:SOL", "SOL-USD-PERP@SOL"},
           {"SOL/USD:SOL-260327", "SOL-USD-260327@SOL"},
           {"SOL-USD-PERP@SOL", "SOL-USD-PERP@SOL"}})
    EXPECT_EQ(instrument_named(typed), name);
}

class AskedDay : public testing::Test {
 protected:
  AskedDay() {
    std::ofstream out(path_);
    out << "symbol,date,close,oi_coins\n";
    for (int d = 1; d <= 28; ++d)
      out << fmt::format("SOLUSDT,2026-02-{:02},{},{}\n", d, 120 + d % 3, 9'000'000 + d * 1000);
  }
  ~AskedDay() override { std::filesystem::remove(path_); }

  Result<VerdictReport> ask(const std::string& at) {
    VerdictOptions options;
    options.from.data = {path_};
    options.at = at;
    ManualClock clock(Instant::parse("2026-06-01T00:00:00Z").value());
    Context context;
    context.clock = &clock;
    return verdict_report(options, context);
  }

  std::string path_ =
      (std::filesystem::temp_directory_path() / fmt::format("days_{}.csv", getpid())).string();
};

TEST_F(AskedDay, AnotherWeekIsNoAnswer) {
  const auto far = ask("2026-05-20");
  ASSERT_FALSE(far.has_value());
  EXPECT_EQ(far.error().fault, Fault::no_evidence);
  EXPECT_NE(far.error().what.find("holds nothing of SOL"), std::string::npos) << far.error().what;
  EXPECT_FALSE(ask("2025-05-20").has_value());
}

TEST_F(AskedDay, TheLastDayOnFileIsNamed) {
  const auto near = ask("2026-03-03");
  ASSERT_TRUE(near.has_value()) << near.error().text();
  const DayVerdict& v = near.value().verdicts.at(0);
  EXPECT_EQ(v.judged.day.day.date(), "2026-02-28");
  EXPECT_NE(v.event.find("nothing is on file of 2026-03-03"), std::string::npos) << v.event;
  const auto exact = ask("2026-02-20");
  ASSERT_TRUE(exact.has_value()) << exact.error().text();
  EXPECT_EQ(exact.value().verdicts.at(0).judged.day.day.date(), "2026-02-20");
  EXPECT_EQ(exact.value().verdicts.at(0).event.find("nothing is on file"), std::string::npos);
  const auto all = ask("");
  ASSERT_TRUE(all.has_value()) << all.error().text();
  EXPECT_EQ(all.value().verdicts.at(0).asset, "SOL");
}

}  // namespace
}  // namespace delever::reports
