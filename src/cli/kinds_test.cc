// Goal: kinds of input on which a wrong number was once signed as certain, each with values of its
// own, from the bytes to what is printed: terms that no message carries, coins of several names,
// things that are seen twice, small prices, large quantities, boards that are stamped too early.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/file.h"
#include "base/source_root.h"
#include "base/time.h"
#include "cli/run_testing.h"
#include "gauges/rules.h"
#include "reports/stress_market.h"

namespace delever::cli {
namespace {

using nlohmann::json;

constexpr int64_t kMs = 1'000'000, kMinute = 60'000, kHour = 60 * kMinute;
constexpr int64_t kDay = 1'772'409'600'000;  // 2026-03-02T00:00:00Z

struct Tape {
  explicit Tape(const std::string& name) : path(scratch(name + ".tape")) {}
  void import(std::vector<std::string> how, const std::string& text, const std::string& file) {
    const std::string written = scratch(file);
    std::ofstream(written, std::ios::binary) << text;
    std::vector<std::string> line{"import"};
    line.insert(line.end(), how.begin(), how.end());
    line.insert(line.end(), {written, "--out", path});
    const Ran ran = run(line);
    EXPECT_EQ(ran.code, 0) << ran.err;
    said += ran.out + ran.err;
  }
  void raw(const std::string& decoder, const std::string& text,
           std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"raw", "--decoder", decoder});
    import(more, text, "messages.raw");
  }
  void csv(const std::string& map, const std::string& text, const std::string& file = "rows.csv") {
    import({"csv", "--map", source_root() + "/maps/" + map + ".toml"}, text, file);
  }
  Ran read(const std::string& verb, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {verb, "--tape", path});
    return run(more);
  }
  // The readings of one gauge at a time, as JSON lines.
  std::vector<json> readings(const std::string& gauge, const std::string& at,
                             const std::string& asset) const {
    const Ran ran =
        read("gauges", {"--asset", asset, "--from", at, "--to", at, "--format", "json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::vector<json> out;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
      if (line.empty()) continue;
      const json all = json::parse(line);
      for (const json& one : all.is_array() ? all : json::array({all})) {
        if (one["name"] == gauge) out.push_back(one);
      }
    }
    return out;
  }
  std::string path, said;
};

gauges::Rules shipped_rules() {
  const char* name = "rules/2026-01-30.toml";
  auto rules = gauges::Rules::load(read_file(source_root() + "/" + name).value(), name);
  return std::move(rules).value();
}

std::string mark(const std::string& symbol, int64_t at, double price, double rate,
                 int64_t settles) {
  return fmt::format(
      "{} "
      "{{\"e\":\"markPriceUpdate\",\"E\":{},\"s\":\"{}\",\"p\":\"{:.4f}\",\"P\":\"{:.4f}\",\"i\":"
      "\"{:.4f}\",\"r\":\"{:.8f}\",\"T\":{}}}\n",
      (at + 20) * kMs, at, symbol, price, price, price, rate, settles);
}

// A contract that pays every 4 hours: the true claim holds, and the one that takes its rate for an
// 8-hour rate is named.
TEST(Kinds, AClaimThatReadsAFourHourRateAsAnEightHourOne) {
  Tape tape("claims");
  std::string text;
  for (int64_t at = kDay - 26 * kHour; at < kDay; at += 5 * kMinute)
    text += mark("ETHUSDT", at, 3100, 0.00012, (at / (4 * kHour) + 1) * 4 * kHour);
  tape.raw("binance-usdm", text);
  const std::string claims = scratch("claims.csv");
  std::ofstream(claims)
      << "claim_id,metric,asset,value,unit,window,stated_by,published,url\n"
         "true,perpetual funding annualised,ETH,26.28,percent per year,1 Mar 2026 "
         "day,one,2026-03-02T00:10:00,\n"
         "false,perpetual funding annualised,ETH,13.14,percent per year,1 Mar "
         "2026 day,two,2026-03-02T00:10:00,\n";
  const Ran ran =
      tape.read("brief", {"--asset", "ETH", "--at", "2026-03-02T00:00:00Z", "--claims", claims});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const size_t good = ran.out.find("true ETH"), bad = ran.out.find("false ETH");
  ASSERT_NE(good, std::string::npos) << ran.out;
  ASSERT_NE(bad, std::string::npos);
  EXPECT_NE(ran.out.substr(good, bad - good).find(" holds: funding_annual"), std::string::npos)
      << ran.out.substr(good);
  EXPECT_NE(ran.out.substr(bad, 400).find("conflicting"), std::string::npos);
  EXPECT_NE(ran.out.substr(bad, 400).find("8h"), std::string::npos) << "the mistake is named";
}

// A day of liquidations in a saturated feed, bounded by the trades: which an archive may hold
// twice.
TEST(Kinds, DoubledTradesDoNotRaiseAnUpperEnd) {
  const auto upper = [](bool doubled) {
    Tape tape(doubled ? "twice" : "once");
    std::string liquidations =
        "time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,"
        "last_"
        "fill_quantity,accumulated_fill_quantity\n";
    const auto forced = [&](int64_t at) {
      liquidations += fmt::format("{},SELL,LIMIT,IOC,0.5,2990.0,3000.0,FILLED,0.5,0.5\n", at);
    };
    for (int64_t at = kDay - 28 * kHour; at <= kDay + kHour; at += 10 * kMinute) forced(at);
    const int64_t burst = kDay - 9 * kHour;
    for (int second = 0; second < 60; ++second) forced(burst + second * 1000 + 500);
    std::string trades =
        "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n";
    for (int half = -2; half < 4; ++half) {
      const std::string row =
          fmt::format("{0},3000.0,80.0,{0},{0},{1},true\n", 900 + half, burst + half * kMinute / 2);
      trades += row + (doubled ? row : "");
    }
    tape.csv("binance-archive-agg-trades-usdm", trades, "ETHUSDT-aggTrades-2026-03-01.csv");
    tape.csv("binance-archive-liquidations-usdm", liquidations,
             "ETHUSDT-liquidationSnapshot-2026-03-01.csv");
    for (const json& r : tape.readings("liq_long_usd_24h", "2026-03-02T00:00:00Z", "ETH")) {
      if (r.value("venue", "") == "binance") return r;
    }
    return json();
  };
  const json once = upper(false), twice = upper(true);
  ASSERT_FALSE(once.is_null());
  ASSERT_TRUE(once["high"].is_number()) << once.dump();
  EXPECT_GT(once["high"].get<double>(), once["low"].get<double>() + 1);
  EXPECT_EQ(once["high"], twice["high"]);
  EXPECT_EQ(once["low"], twice["low"]);
}

// Prices of small coins, on every face that shows them.
TEST(Kinds, SmallPricesKeepTheirDigits) {
  Tape tape("small");
  tape.raw("okx",
           fmt::format("{} {{\"arg\":{{\"channel\":\"mark-price\",\"instId\":\"SATS-USDT-SWAP\"}},"
                       "\"data\":[{{\"instType\":\"SWAP\",\"instId\":\"SATS-USDT-SWAP\","
                       "\"markPx\":\"0.0000001234\",\"ts\":\"{}\"}}]}}\n",
                       kDay * kMs, kDay - 40));
  const Ran brief = tape.read("brief", {"--asset", "SATS", "--at", "2026-03-02T00:00:30Z"});
  EXPECT_NE(brief.out.find("$0.0000001234"), std::string::npos) << brief.out.substr(0, 600);

  Tape chain("doge");
  std::string rows;
  for (int n = 0; n < 8; ++n) {
    for (const char side : {'C', 'P'}) {
      const double strike = 0.13 + 0.005 * n, forward = 0.1472;
      const double value = std::max(side == 'C' ? forward - strike : strike - forward, 0.0) + 0.004;
      rows += fmt::format(
          "{}{{\"instrument_name\":\"XRP_USDC-27MAR26-0d{:03d}-{}\",\"open_interest\":2000.0,"
          "\"mark_price\":{:.4f},\"mark_iv\":80.0,\"bid_price\":{:.4f},\"ask_price\":{:.4f},"
          "\"underlying_price\":{},\"underlying_index\":\"XRP_USDC-27MAR26\",\"interest_rate\":0.0,"
          "\"volume\":1.0,\"quote_currency\":\"USDC\",\"base_currency\":\"XRP\","
          "\"creation_timestamp\":{},\"estimated_delivery_price\":{},\"last\":null}}",
          rows.empty() ? "" : ",", 130 + 5 * n, side, value, value - 0.0002, value + 0.0002,
          forward, kDay, forward);
    }
  }
  chain.raw("deribit",
            fmt::format("{} {{\"jsonrpc\":\"2.0\",\"result\":[{}]}}\n", kDay * kMs, rows));
  const Ran ran = chain.read("chain", {"--asset", "XRP", "--at", "2026-03-02T00:01:00Z"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("0.1472"), std::string::npos) << ran.out.substr(0, 700);
  EXPECT_NE(ran.out.find("     0.135 "), std::string::npos) << ran.out.substr(0, 1500);
}

// A trade and its aggregate are one volume; two recorders of one channel as well.
TEST(Kinds, TradesOfTwoChannelsAreOneDaysVolume) {
  const auto stress = [](const Tape& tape) {
    const Ran ran =
        tape.read("stress", {"--book", source_root() + "/docs/stress-book.csv", "--price", "84000",
                             "--at", "2026-03-02T00:00:00Z", "--shock", "-3%", "--daily-vol",
                             "0.03", "--depth", "binance=200", "--depth", "bybit=90"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  };
  std::string aggregates, single;
  for (int hour = 0; hour < 23; ++hour) {
    const int64_t at = kDay - 23 * kHour + hour * kHour + 7 * kMinute;
    aggregates += fmt::format(
        "{0} "
        "{{\"e\":\"aggTrade\",\"E\":{1},\"s\":\"BTCUSDT\",\"a\":{2},\"p\":\"84000.0\",\"q\":\"900"
        "0\",\"f\":{2},\"l\":{2},\"T\":{1},\"m\":false}}\n",
        (at + 9) * kMs, at, 70 + hour);
    for (int part = 0; part < 2; ++part)
      single += fmt::format(
          "{0} {{\"e\":\"trade\",\"E\":{1},\"T\":{1},\"s\":\"BTCUSDT\",\"t\":{2},\"p\":\"84000.0\","
          "\"q\":\"4500\",\"X\":\"MARKET\",\"m\":false}}\n",
          (at + 12 + part) * kMs, at, 500 + 2 * hour + part);
  }
  Tape one("one"), both("both"), again("again");
  one.raw("binance-usdm", aggregates, {"--stream", "a"});
  both.raw("binance-usdm", aggregates, {"--stream", "a"});
  both.raw("binance-usdm", single, {"--stream", "t"});
  again.raw("binance-usdm", aggregates, {"--stream", "a"});
  again.raw("binance-usdm", aggregates, {"--stream", "second recorder"});
  const std::string once = stress(one);
  EXPECT_NE(once.find("times the shock"), std::string::npos) << once;
  EXPECT_EQ(once, stress(both));
  EXPECT_EQ(once, stress(again));
}

// OKX's "trades" joins fills and counts them: a record of one fill and one of three are two trades,
// and "trades-all" beside it shows the same four fills again.
TEST(Kinds, RecordsOfOneFillAndOfSeveralAddUp) {
  const auto trade = [](const char* channel, int64_t at, int64_t id, int contracts, int fills) {
    const std::string count = fills > 0 ? fmt::format(",\"count\":\"{}\"", fills) : "";
    return fmt::format(
        "{} {{\"arg\":{{\"channel\":\"{}\",\"instId\":\"BTC-USDT-SWAP\"}},\"data\":[{{\"instId\":"
        "\"BTC-USDT-SWAP\",\"tradeId\":\"{}\",\"px\":\"84000\",\"sz\":\"{}\",\"side\":\"buy\","
        "\"ts\":\"{}\"{}}}]}}\n",
        (at + 20) * kMs, channel, id, contracts, at, count);
  };
  std::string joined, all;
  for (int64_t n = 0; n < 200; ++n) {
    const int64_t at = kDay - 20 * kHour + n * kMinute, id = 1000 + 4 * n;
    joined += trade("trades", at, id, 100, 1) + trade("trades", at + 5, id + 3, 60, 3);
    all += trade("trades-all", at, id, 100, 0);
    for (int64_t fill = 1; fill <= 3; ++fill) all += trade("trades-all", at + 5, id + fill, 20, 0);
  }
  const auto volume = [](const Tape& tape) {
    const auto read = reports::read_stress_tape({tape.path}, shipped_rules(),
                                                {.asset = "BTC", .at = Instant::ns(kDay * kMs)});
    EXPECT_TRUE(read.has_value());
    return read.has_value() ? read.value().volume_day.value_or(0) : 0;
  };
  Tape one("joined"), both("joined-and-all");
  one.raw("okx", joined, {"--stream", "t"});
  both.raw("okx", joined, {"--stream", "t"});
  both.raw("okx", all, {"--stream", "all"});
  EXPECT_NEAR(volume(one), 200 * 1.6, 1e-9);
  EXPECT_NEAR(volume(both), 200 * 1.6, 1e-9);
}

// Levels and trades of the cheapest coins, beyond what 64 bits of 1e-8 hold.
TEST(Kinds, QuantitiesOfCheapCoinsAreRead) {
  Tape spot("cheap");
  spot.raw(
      "binance-spot",
      fmt::format("{0} {{\"e\":\"depthUpdate\",\"E\":{1},\"s\":\"BTTCUSDT\",\"U\":7,\"u\":9,\"b\":"
                  "[[\"0.00000039\",\"310000000000.5\"]],\"a\":[[\"0.0000004\",\"2\"]]}}\n"
                  "{2} {{\"e\":\"trade\",\"E\":{1},\"s\":\"BTTCUSDT\",\"t\":3,\"p\":\"0.0000004\","
                  "\"q\":\"100000000000\",\"T\":{1},\"m\":true}}\n",
                  kDay * kMs, kDay, (kDay + 1) * kMs));
  const Ran events = run({"tape", "cat", "--events", spot.path});
  EXPECT_NE(events.out.find("\"310000000000.5\""), std::string::npos) << events.out << spot.said;
  EXPECT_NE(events.out.find("\"100000000000\""), std::string::npos) << events.out;
  const Ran book =
      run({"tape", "export", spot.path, "--table", "incremental_book_L2", "--format", "csv"});
  EXPECT_NE(book.out.find(",0.00000039,310000000000.5"), std::string::npos) << book.out << book.err;
}

// What has no size in coins leaves its sum without an upper end, in open interest and in the flow
// of hedgers alike.
TEST(Kinds, OptionsWithoutAContractSizeTakeTheUpperEndAway) {
  Tape tape("sizes");
  std::string rows =
      "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,last_"
      "price,bid_price,bid_amount,bid_iv,ask_price,ask_amount,ask_iv,mark_price,mark_iv,underlying_"
      "index,underlying_price,delta,gamma,vega,theta,rho\n";
  const int64_t us = (kDay - 10 * kMinute) * 1000;
  for (int n = 0; n < 6; ++n) {
    for (const char* type : {"call", "put"}) {
      const int strike = 2600 + 200 * n;
      const char type_mark = type[0] == 'c' ? 'C' : 'P';
      rows += fmt::format(
          "deribit,ETH-27MAR26-{0}-{1},{2},{3},{4},{0},1774598400000000,3,,0.05,1,,0.06,1,,0.055,"
          "60,"
          "ETH-27MAR26,3000,0.5,,,,\n",
          strike, type_mark, us, us + 400, type);
      rows += fmt::format(
          "okex-options,ETH-USD-260327-{0}-{1},{2},{3},{4},{0},1774598400000000,500,,0.05,1,,0.06,"
          "1,,"
          "0.055,0.6,ETH-USD,3000,0.5,,,,\n",
          strike, type_mark, us, us + 401, type);
    }
  }
  tape.csv("tardis-options-chain", rows, "options.csv");
  for (const char* gauge : {"options_oi", "hedge_flow_1pct_gross"}) {
    const auto readings = tape.readings(gauge, "2026-03-02T00:00:00Z", "ETH");
    ASSERT_FALSE(readings.empty()) << gauge;
    for (const json& r : readings) {
      if (r.value("venue", "") == "deribit") {
        EXPECT_TRUE(r["high"].is_number()) << r.dump();
        continue;
      }
      EXPECT_TRUE(r["high"].is_null()) << r.dump();
      EXPECT_NE(r["reason"].get<std::string>().find("okx"), std::string::npos) << r.dump();
      if (!r["value"].is_null()) { EXPECT_LT(r["coverage"].get<double>(), 0.6) << r.dump(); }
    }
  }
}

// The archive's hourly boards carry the label of the hour in which they were taken.
TEST(Kinds, ABoardIsNotKnownBeforeItExisted) {
  Tape tape("board");
  std::string rows =
      "date,instrument_name,expiry_name,expiry_date,strike,type,volume,open_interest,rho,theta,"
      "vega,"
      "gamma,delta,bid_iv,ask_iv,mark_iv\n";
  // Expiry six days after; theta says that 28 minutes of the labelled hour were over.
  const double days_left = 6 + 8.0 / 24 - 11.0 / 24 - 28.0 / 1440;
  for (int n = 0; n < 12; ++n) {
    for (const char* type : {"call", "put"}) {
      const int strike = 80000 + 1000 * n;
      const double vega = 40 + n, vol = 45, theta = -vol * vega / (2 * days_left);
      rows += fmt::format(
          "2026-03-02T11:00:00.000000,BTC-8MAR26-{0}-{1},8MAR26,2026-03-08,{0}.0,{2},"
          "1.0,5.0,1.0,{3:.5f},{4:.5f},0.00005,{5:.5f},44.0,46.0,45.0\n",
          strike, type[0] == 'c' ? 'C' : 'P', type, theta, vega,
          type[0] == 'c' ? 0.8 - 0.05 * n : -0.2 - 0.05 * n);
    }
  }
  tape.csv("deribit-option-chain", rows, "boards.csv");
  const Ran early = tape.read("chain", {"--at", "2026-03-02T11:40:00Z"});
  EXPECT_EQ(early.code, 4) << early.out;
  const Ran later = tape.read("chain", {"--at", "2026-03-02T12:05:00Z", "--format", "json"});
  ASSERT_EQ(later.code, 0) << later.err;
  const std::string as_of = json::parse(later.out)["expiries"][0]["as_of"];
  EXPECT_EQ(as_of.substr(0, 16), "2026-03-02T11:28") << "as its greeks say";
}

// Volatilities leave as the format has them and come back as they were; so does an index alone.
TEST(Kinds, WhatIsExportedIsTakenBack) {
  Tape options("iv");
  options.raw(
      "okx",
      fmt::format(
          "{} {{\"arg\":{{\"channel\":\"opt-summary\",\"instFamily\":\"BTC-USD\"}},\"data\":"
          "[{{\"instId\":\"BTC-USD-260327-90000-C\",\"instType\":\"OPTION\",\"markVol\":"
          "\"0.512\",\"askVol\":\"0.53\",\"bidVol\":\"\",\"delta\":\"0.4\",\"gamma\":\"1\","
          "\"theta\":\"-0.001\",\"vega\":\"0.001\",\"deltaBS\":\"0.45\",\"gammaBS\":"
          "\"0.00001\",\"thetaBS\":\"-60\",\"vegaBS\":\"90\",\"realVol\":\"\",\"lever\":\"8\","
          "\"uly\":\"BTC-USD\",\"fwdPx\":\"88000\",\"ts\":\"{}\"}}]}}\n",
          kDay * kMs, kDay - 30));
  const Ran chain =
      run({"tape", "export", options.path, "--table", "options_chain", "--format", "csv"});
  EXPECT_NE(chain.out.find(",0.512,"), std::string::npos) << chain.out << chain.err;
  Tape back("iv-back");
  back.csv("tardis-options-chain", chain.out, "chain.csv");
  EXPECT_NE(run({"tape", "cat", "--events", back.path}).out.find("\"mark_iv\":0.512"),
            std::string::npos);

  Tape index("index");
  index.raw(
      "binance-coinm",
      fmt::format("{} {{\"e\":\"indexPriceUpdate\",\"E\":{},\"i\":\"ETHUSD\",\"p\":\"3120.5\"}}\n",
                  kDay * kMs, kDay - 10));
  const Ran ticker =
      run({"tape", "export", index.path, "--table", "derivative_ticker", "--format", "csv"});
  Tape again("index-back");
  again.csv("tardis-derivative-ticker", ticker.out, "ticker.csv");
  for (const std::string& path : {index.path, again.path}) {
    const Ran events = run({"tape", "cat", "--events", path});
    EXPECT_NE(events.out.find("\"instrument\":\"ETH-USD-INDEX\""), std::string::npos) << events.out;
    EXPECT_NE(events.out.find("\"price\":\"3120.5\""), std::string::npos) << events.out;
  }
}

// A coin is asked for by any of its names.
TEST(Kinds, ACoinUnderItsNames) {
  Tape tape("names");
  tape.raw(
      "hyperliquid",
      fmt::format("{} {{\"channel\":\"activeAssetCtx\",\"data\":{{\"coin\":\"kBONK\",\"ctx\":{{"
                  "\"funding\":\"0.0000125\",\"openInterest\":\"700\",\"oraclePx\":\"0.02\","
                  "\"markPx\":\"0.02\"}}}}}}\n",
                  kDay * kMs));
  for (const char* asked : {"BONK", "bonk", "kBONK", "1000BONK"}) {
    const auto found = tape.readings("oi_coins", "2026-03-02T00:00:10Z", asked);
    ASSERT_FALSE(found.empty()) << asked;
    EXPECT_EQ(found[0]["value"], 700000) << asked;
  }
}

// A contract of which nothing says how many coins it is: what it traded and what rests in its book
// is named as missing, and a period's sums refuse it.
TEST(Kinds, ContractsOfUnknownSizeAreNamedNotLeftOutOrTakenForOne) {
  Tape tape("unsized");
  std::string text;
  for (int64_t at = kDay - 25 * kHour; at <= kDay; at += 10 * kMinute) {
    text += fmt::format(
        "{} "
        "{{\"arg\":{{\"channel\":\"trades\",\"instId\":\"SOL-USDT-SWAP\"}},\"data\":[{{\"instId\":"
        "\"SOL-USDT-SWAP\",\"tradeId\":\"{}\",\"px\":\"{}\",\"sz\":\"5\",\"side\":\"buy\",\"ts\":"
        "\"{}\"}}]}}\n",
        at * kMs, at / 1000, 100 + at / 600'000 % 3, at);
  }
  text += fmt::format(
      "{} {{\"arg\":{{\"channel\":\"books\",\"instId\":\"SOL-USDT-SWAP\"}},\"action\":"
      "\"snapshot\",\"data\":[{{\"asks\":[[\"101.1\",\"5\",\"0\",\"1\"]],\"bids\":[[\"101\",\"7\","
      "\"0\",\"1\"]],\"ts\":\"{}\",\"checksum\":0,\"seqId\":2,\"prevSeqId\":-1}}]}}\n",
      kDay * kMs, kDay);
  tape.raw("okx", text);
  const gauges::Rules rules = shipped_rules();
  const Instant at = Instant::ns(kDay * kMs);
  const auto read = reports::read_stress_tape({tape.path}, rules, {.asset = "SOL", .at = at});
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_FALSE(read.value().volume_day);
  EXPECT_TRUE(read.value().bids.empty());
  const std::string missing = fmt::format("{}", fmt::join(read.value().missing, "; "));
  for (const char* what : {"trades", "book"})
    EXPECT_NE(missing.find(fmt::format("the {} of okx SOL-USDT-SWAP: contract size unknown", what)),
              std::string::npos)
        << missing;
  const Ran ran = run({"verdict", "--tape", tape.path, "--asset", "SOL", "--period", "1h"});
  EXPECT_EQ(ran.code, 4) << ran.out;
  EXPECT_NE(
      ran.err.find("okx SOL-USDT-SWAP: nothing on the tape says how many coins a contract is"),
      std::string::npos)
      << ran.err;
}

// A candle's volume counts contracts, as the venue does: 1,000 of 0.01 BTC an hour are 240 BTC a
// day.
TEST(Kinds, VolumesOfCandlesAreCountedInCoins) {
  Tape tape("candles");
  std::string text;
  for (int64_t at = kDay - 24 * kHour; at < kDay; at += kHour)
    text += fmt::format(
        "{} {{\"arg\":{{\"channel\":\"candle1H\",\"instId\":\"BTC-USDT-SWAP\"}},\"data\":[[\"{}\","
        "\"80000\",\"80010\",\"79990\",\"80005\",\"1000\",\"10\",\"800000\",\"1\"]]}}\n",
        (at + kHour) * kMs, at);
  tape.raw("okx", text);
  const auto read = reports::read_stress_tape({tape.path}, shipped_rules(),
                                              {.asset = "BTC", .at = Instant::ns(kDay * kMs)});
  ASSERT_TRUE(read.has_value()) << read.error().text();
  ASSERT_TRUE(read.value().volume_day);
  EXPECT_NEAR(*read.value().volume_day, 240, 1e-9);
  // An inverse contract's count dollars: 8,000 of 100 USD an hour at 80,000 are 10 BTC.
  Tape inverse("candles-inverse");
  text.clear();
  for (int64_t at = kDay - 24 * kHour; at < kDay; at += kHour)
    text += fmt::format(
        "{} {{\"arg\":{{\"channel\":\"candle1H\",\"instId\":\"BTC-USD-SWAP\"}},\"data\":[[\"{}\","
        "\"80000\",\"80010\",\"79990\",\"80000\",\"8000\",\"10\",\"800000\",\"1\"]]}}\n",
        (at + kHour) * kMs, at);
  inverse.raw("okx", text);
  const auto dollars = reports::read_stress_tape({inverse.path}, shipped_rules(),
                                                 {.asset = "BTC", .at = Instant::ns(kDay * kMs)});
  ASSERT_TRUE(dollars.has_value()) << dollars.error().text();
  ASSERT_TRUE(dollars.value().volume_day);
  EXPECT_NEAR(*dollars.value().volume_day, 240, 1e-9);
}

// What a contract holds is known from its listing, wherever that stands on the tape: facts and
// levels count what came before it, and name the contract where it never comes.
TEST(Kinds, AListingServesFactsAndLevelsFromTheFirstTradeOn) {
  const std::string listing =
      R"({"arg":{"channel":"instruments","instType":"SWAP"},"data":[{"instType":"SWAP",)"
      R"("instId":"SOL-USDT-SWAP","uly":"SOL-USDT","ctVal":"0.5","ctMult":"1","ctValCcy":"SOL",)"
      R"("ctType":"linear","settleCcy":"USDT","state":"live","lotSz":"1","tickSz":"0.01"}]})";
  const auto tape_with = [&](const std::string& name, std::optional<int64_t> listed) {
    Tape tape(name);
    std::string text;
    const int64_t begin = kDay - 6 * kHour;
    for (int64_t at = begin; at <= kDay; at += 10'000) {
      if (listed == at) text += fmt::format("{} {}\n", at * kMs, listing);
      const double price = 100 + std::sin(static_cast<double>(at / 10'000));
      text += fmt::format(
          "{} {{\"arg\":{{\"channel\":\"trades\",\"instId\":\"SOL-USDT-SWAP\"}},\"data\":[{{"
          "\"instId\":\"SOL-USDT-SWAP\",\"tradeId\":\"{}\",\"px\":\"{:.2f}\",\"sz\":\"{}\","
          "\"side\":"
          "\"{}\",\"ts\":\"{}\"}}]}}\n",
          at * kMs + 1, at / 1000, price, 1 + at / 10'000 % 5, at % 30'000 == 0 ? "buy" : "sell",
          at);
    }
    tape.raw("okx", text);
    return tape;
  };
  const auto facts = [&](const Tape& tape) {
    const Ran ran = tape.read("facts", {"--asset", "SOL", "--format", "json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return json::parse(ran.out);
  };
  json first = facts(tape_with("first", kDay - 6 * kHour)), last = facts(tape_with("last", kDay)),
       never = facts(tape_with("never", std::nullopt));
  const auto measured = [](const json& all) {
    size_t n = 0;
    for (const json& fact : all["facts"])
      n += !fact["recorded"].is_null() && !fact["recorded"]["value"].is_null();
    return n;
  };
  EXPECT_TRUE(first["facts"] == last["facts"]);
  EXPECT_GT(measured(first), measured(never)) << first.dump(1).substr(0, 2000);
  EXPECT_NE(never.dump().find("okx SOL-USDT-SWAP is left out: its contract size is unknown"),
            std::string::npos)
      << never.dump().substr(0, 500);
  EXPECT_EQ(first.dump().find("left out"), std::string::npos);
}

// The bars from which `stress` infers levels count each trade once, by the size that a listing
// behind the trades states.
TEST(Kinds, StressLooksAgainForAListingThatCameLater) {
  const std::string listing =
      R"({"arg":{"channel":"instruments","instType":"SWAP"},"data":[{"instType":"SWAP",)"
      R"("instId":"SOL-USDT-SWAP","uly":"SOL-USDT","ctVal":"0.5","ctMult":"1","ctValCcy":"SOL",)"
      R"("ctType":"linear","settleCcy":"USDT","state":"live","lotSz":"1","tickSz":"0.01"}]})";
  Tape tape("stress-listing");
  std::string text;
  for (int64_t at = kDay - kHour; at <= kDay; at += kMinute) {
    const std::string trade = fmt::format(
        "{} {{\"arg\":{{\"channel\":\"trades\",\"instId\":\"SOL-USDT-SWAP\"}},\"data\":[{{"
        "\"instId\":\"SOL-USDT-SWAP\",\"tradeId\":\"{}\",\"px\":\"100\",\"sz\":\"6\","
        "\"side\":\"buy\",\"ts\":\"{}\"}}]}}\n",
        at * kMs, at / 1000, at);
    text += trade + trade;
    text += fmt::format(
        "{} {{\"arg\":{{\"channel\":\"open-interest\",\"instId\":\"SOL-USDT-SWAP\"}},\"data\":"
        "[{{\"instId\":\"SOL-USDT-SWAP\",\"instType\":\"SWAP\",\"oi\":\"9000\",\"ts\":\"{}\"}}]}}"
        "\n",
        at * kMs + 1, at);
  }
  tape.raw("okx", text + fmt::format("{} {}\n", kDay * kMs + 2, listing));
  const auto read = reports::read_stress_tape(
      {tape.path}, shipped_rules(),
      {.asset = "SOL", .at = Instant::ns(kDay * kMs + 3), .levels = true});
  ASSERT_TRUE(read.has_value()) << read.error().text();
  ASSERT_EQ(read.value().markets.size(), 1u);
  EXPECT_DOUBLE_EQ(read.value().markets[0].open_interest_start, 4500);
  EXPECT_DOUBLE_EQ(read.value().markets[0].bars.front().taker_buy, 3);
}

// Levels of a contract of a thousand coins are in coins, as the asset that was asked for is.
TEST(Kinds, LevelsOfAContractOfAThousandCoinsAreInPlainCoins) {
  Tape tape("levels1000");
  std::string text;
  for (int64_t at = kDay - kHour; at <= kDay; at += kMinute) {
    text += fmt::format(
        "{} {{\"topic\":\"tickers.1000PEPEUSDT\",\"type\":\"snapshot\",\"cs\":1,\"ts\":{},"
        "\"data\":{{\"symbol\":\"1000PEPEUSDT\",\"markPrice\":\"0.005\",\"openInterest\":"
        "\"2000000\",\"openInterestValue\":\"10000\"}}}}\n",
        at * kMs, at);
    text += fmt::format(
        "{} {{\"topic\":\"publicTrade.1000PEPEUSDT\",\"type\":\"snapshot\",\"ts\":{},\"data\":[{{"
        "\"T\":{},\"s\":\"1000PEPEUSDT\",\"S\":\"Buy\",\"v\":\"300\",\"p\":\"0.005\",\"L\":"
        "\"PlusTick\",\"i\":\"t{}\",\"BT\":false}}]}}\n",
        at * kMs + 1, at, at, at);
  }
  tape.raw("bybit", text);
  std::vector<std::string> notes;
  reports::Context context;
  const auto read = reports::read_level_markets(tape.path, "PEPE", Instant::ns(kDay * kMs + 2),
                                                std::nullopt, notes, context);
  ASSERT_TRUE(read.has_value()) << read.error().text();
  ASSERT_EQ(read.value().size(), 1u);
  const reports::LevelMarket& market = read.value()[0];
  EXPECT_EQ(market.units, 1000);
  EXPECT_DOUBLE_EQ(market.open_interest_start, 1e9);
  ASSERT_FALSE(market.bars.empty());
  EXPECT_NEAR(market.bars.back().high, 5e-6, 1e-12);
  EXPECT_DOUBLE_EQ(market.bars.back().taker_buy, 300'000);
}

// Every 8 h until 08:00 of 2 March, every 4 h from then on, as the archive states beside each rate.
// With 16:00 missing the funding of its day is not known.
TEST(Kinds, CarryHoldsEachPaymentToItsOwnPeriod) {
  struct Paid {
    int hours, interval;
  };
  const std::vector<Paid> paid{{-16, 8}, {-8, 8}, {0, 8},  {8, 8},
                               {12, 4},  {16, 4}, {20, 4}, {24, 4}};
  for (const bool whole : {true, false}) {
    Tape tape(whole ? "carry-whole" : "carry-holed");
    std::string candles, rates = "calc_time,funding_interval_hours,last_funding_rate\n";
    for (int h = -24; h < 25; ++h)
      candles += fmt::format("{},100,100,100,100,10,{},1000,5,5,500,0\n", kDay + h * kHour,
                             kDay + (h + 1) * kHour - 1);
    for (const auto& [hours, interval] : paid) {
      if (whole || hours != 16)
        rates += fmt::format("{},{},0.0002\n", kDay + hours * kHour + 1, interval);
    }
    tape.csv("binance-archive-klines-spot", candles, "SOLUSDT-1h-2026-03.csv");
    tape.csv("binance-archive-klines-usdm", candles, "SOLUSDT-1h-2026-03.csv");
    tape.csv("binance-archive-funding-usdm", rates, "SOLUSDT-fundingRate-2026-03.csv");
    const Ran ran = tape.read(
        "carry", {"--spot", "SOL-USDT", "--contract", "SOL-USDT-PERP", "--from",
                  "2026-03-02T00:00:00Z", "--to", "2026-03-03T00:00:00Z", "--format", "json"});
    if (!whole) {
      EXPECT_EQ(ran.code, 4) << ran.out;
      EXPECT_NE((ran.out + ran.err)
                    .find("no funding between 2026-03-02T12:00:00Z and "
                          "2026-03-02T20:00:00Z"),
                std::string::npos)
          << ran.err;
      continue;
    }
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_NEAR(json::parse(ran.out)["legs"]["funding"].get<double>(), 0.1, 1e-9);
  }
}

}  // namespace
}  // namespace delever::cli
