#include "live/record_plan.h"

#include <gtest/gtest.h>

namespace delever::live {
namespace {

std::string want_text(std::string_view text) {
  const auto want = read_want(text);
  if (!want.has_value()) return "refused: " + want.error().text();
  return want.value().market +
         (want.value().symbols.empty() ? "" : " " + want.value().symbols.front());
}

TEST(RecordPlan, VenuesMarketsAndSymbols) {
  EXPECT_EQ(want_text("binance:BTCUSDT"), "binance-usdm BTCUSDT");
  EXPECT_EQ(want_text("binance-coinm:BTCUSD_PERP"), "binance-coinm BTCUSD_PERP");
  EXPECT_EQ(want_text("bybit:BTCUSDT"), "bybit:linear BTCUSDT");
  EXPECT_EQ(want_text("bybit:inverse:BTCUSD"), "bybit:inverse BTCUSD");
  EXPECT_EQ(want_text("hyperliquid:xyz:TSLA"), "hyperliquid xyz:TSLA");
  EXPECT_EQ(want_text("okx"), "okx");
  EXPECT_EQ(want_text("okx:").substr(0, 7), "refused");
  EXPECT_EQ(want_text("kraken:BTC").substr(0, 7), "refused");
  EXPECT_EQ(want_text("").substr(0, 7), "refused");
}

TEST(RecordPlan, SymbolsInAnyCaseAndInTheUnifiedForm) {
  EXPECT_EQ(want_text("binance:btcusdt"), "binance-usdm BTCUSDT");
  EXPECT_EQ(want_text("binance:BTC/USDT:USDT"), "binance-usdm BTCUSDT");
  EXPECT_EQ(want_text("binance-coinm:btc/usd:btc"), "binance-coinm BTCUSD_PERP");
  EXPECT_EQ(want_text("binance-spot:BTC/USDT"), "binance-spot BTCUSDT");
  EXPECT_EQ(want_text("bybit:inverse:btcusd"), "bybit:inverse BTCUSD");
  EXPECT_EQ(want_text("okx:btc-usdt-swap"), "okx BTC-USDT-SWAP");
  EXPECT_EQ(want_text("okx:BTC/USDT:USDT"), "okx BTC-USDT-SWAP");
  EXPECT_EQ(want_text("okx:BTC/USDT"), "okx BTC-USDT");
  EXPECT_EQ(want_text("okx:btc-usd-*"), "okx BTC-USD-*");
  EXPECT_EQ(want_text("deribit:btc-perpetual"), "deribit BTC-PERPETUAL");
  EXPECT_EQ(want_text("deribit:BTC/USD:BTC"), "deribit BTC-PERPETUAL");
  EXPECT_EQ(want_text("deribit:BTC/USDC:USDC"), "deribit BTC_USDC-PERPETUAL");
  EXPECT_EQ(want_text("deribit:XRP_USDC-30JAN26-0d625-C"), "deribit XRP_USDC-30JAN26-0d625-C");
  EXPECT_EQ(want_text("hyperliquid:kPEPE"), "hyperliquid kPEPE");
  EXPECT_EQ(want_text("hyperliquid:BTC/USDC:USDC"), "hyperliquid BTC");
  const auto plan = read_record_plan(
      Config::parse("[[market]]\nname = \"okx\"\nsymbols = [\"btc-usdt-swap\"]\n", "plan.toml")
          .value());
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan.value().markets[0].symbols, std::vector<std::string>{"BTC-USDT-SWAP"});
}

TEST(RecordPlan, WantsOfOneMarketBecomeOne) {
  const auto all = joined({{.market = "okx", .symbols = {"A"}},
                           {.market = "deribit"},
                           {.market = "okx", .symbols = {"B", "A"}, .channels = {"trades"}},
                           {.market = "okx", .symbols = {"C"}, .url = "http://127.0.0.1:1"}});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].symbols, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(all[0].channels, std::vector<std::string>{"trades"});
}

TEST(RecordPlan, Patterns) {
  EXPECT_TRUE(matches("BTC-*-C", "BTC-30JAN26-90000-C"));
  EXPECT_FALSE(matches("BTC-*-C", "BTC-30JAN26-90000-P"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("?TC*", "BTCUSDT"));
  EXPECT_FALSE(matches("?TC", "BTCUSDT"));
  EXPECT_TRUE(matches("a*b*c", "axxbyybzzc"));
  EXPECT_FALSE(matches("a*b*c", "axxbyybzz"));
  const std::string many(60, '*');
  EXPECT_FALSE(matches(many + "x", std::string(5'000, 'a')));  // and it ends
}

Result<RecordPlan> plan_of(const char* text) {
  return read_record_plan(Config::parse(text, "plan.toml").value());
}

TEST(RecordPlan, AFile) {
  const auto plan = plan_of(R"(
out = "tapes/{date}.tape"
rotate = "1d"
[[market]]
name = "deribit"
symbols = ["BTC-PERPETUAL"]
chains = ["BTC"]
[[market]]
name = "bybit:linear"
symbols = ["BTC*"]
channels = ["publicTrade"]
url = "http://127.0.0.1:8080"
)");
  ASSERT_TRUE(plan.has_value()) << plan.error().text();
  EXPECT_EQ(plan.value().rotate, Duration::days(1));
  ASSERT_EQ(plan.value().markets.size(), 2u);
  EXPECT_EQ(plan.value().markets[0].chains, std::vector<std::string>{"BTC"});
  EXPECT_EQ(plan.value().markets[1].url, "http://127.0.0.1:8080");
}

TEST(RecordPlan, WhatAFileMayNotSay) {
  for (const char* text :
       {"out = 'x'", "[[market]]\nname = 'kraken'", "[[market]]\nsymbols = ['A']",
        "[[market]]\nname = 'okx'\nsymbol = 'A'", "rotate = '1s'\n[[market]]\nname = 'okx'"}) {
    const auto plan = plan_of(text);
    ASSERT_FALSE(plan.has_value()) << text;
    EXPECT_NE(plan.error().text().find("plan.toml"), std::string::npos) << plan.error().text();
  }
}

TEST(RecordPlan, NamesOfFiles) {
  const Instant at = Instant::parse("2026-01-30T08:00:01.5Z").value();
  EXPECT_EQ(file_of("a/{date}.tape", at, false), "a/2026-01-30.tape");
  EXPECT_EQ(file_of("a/{date}.tape", at, true), "a/2026-01-30-20260130T080001Z.tape");
  EXPECT_EQ(file_of("a.b/day", at, true), "a.b/day-20260130T080001Z");
  EXPECT_EQ(file_of("day.tape", at, false), "day.tape");
}

}  // namespace
}  // namespace delever::live
