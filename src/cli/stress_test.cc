// Goal: what stress says of a book of accounts and of a tape, that it names what is missing instead
// of filling it in, and that a bad book is named by file, line and column.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "base/source_root.h"
#include "cli/run_testing.h"
#include "options/black.h"

namespace delever::cli {
namespace {

constexpr const char* kHeader =
    "account,kind,venue,symbol,side,qty,entry,leverage,margin,stop,haircut,iv,count\n";
const std::string kExample = source_root() + "/docs/stress-book.csv";

std::string book_of(const std::string& rows) {
  const std::string path = scratch("book.csv");
  std::ofstream(path, std::ios::binary) << kHeader << rows;
  return path;
}

Ran stress(std::vector<std::string> more) {
  std::vector<std::string> arguments{"stress", "--price", "84250", "--at", "2026-01-30T00:00:00Z"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

nlohmann::json stressed(std::vector<std::string> more) {
  more.insert(more.end(), {"--format", "json"});
  const Ran ran = stress(more);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return ran.code == 0 ? nlohmann::json::parse(ran.out) : nlohmann::json();
}

TEST(Stress, of_one_position_is_the_figure_of_margin) {
  const std::string book = book_of("a,isolated,binance,BTCUSDT,long,2,84250,20,,,,,\n");
  // `delever margin`: liquidated at 80358.94, 4.62 % below.
  const auto json = stressed({"--book", book, "--shock", "-4.6%,-4.63%"});
  EXPECT_EQ(json["moves"][0]["liquidated"]["longs"]["coins"], 0);
  EXPECT_EQ(json["moves"][1]["liquidated"]["longs"]["coins"], 2);
  EXPECT_NEAR(json["moves"][1]["liquidated"]["longs"]["usd"].get<double>(), 2 * 80358.93574, 1e-3);
  EXPECT_EQ(json["moves"][1]["liquidated"]["by_leverage"]["7-20x"]["coins"], 2);
  EXPECT_EQ(json["moves"][1]["by_kind"]["isolated"]["loss_usd"], 8425);
  EXPECT_EQ(json["moves"][0]["by_kind"]["isolated"]["called"], 1);
}

// The source of Bybit's undated ladder ends at 80 M USDT.
TEST(Stress, leaves_out_by_name_whom_no_source_margins) {
  const std::string large =
      "large,cross,bybit,BTCUSDT,long,1200,84250,3,,,,,\n"
      "large,cross,bybit,USDT,hold,90000000,,,,,,,\n";
  const auto json =
      stressed({"--book", book_of("a,isolated,binance,BTCUSDT,long,2,84250,20,,,,,\n" + large)});
  EXPECT_EQ(json["moves"][0]["by_kind"]["isolated"]["units"], 1);
  EXPECT_FALSE(json["moves"][0]["by_kind"].contains("cross"));
  const std::string missing = json["missing"].dump();
  EXPECT_NE(missing.find("1 of the book's units, value $101.1M, are left out"), std::string::npos)
      << missing;
  EXPECT_NE(missing.find("account large"), std::string::npos) << missing;
  EXPECT_EQ(stress({"--book", book_of(large)}).code, 4);
}

TEST(Stress, hurts_isolated_books_before_portfolios) {
  const auto json = stressed({"--book", kExample, "--depth", "binance=220", "--depth", "bybit=110",
                              "--daily-vol", "0.03", "--daily-volume", "400000"});
  ASSERT_EQ(json["moves"].size(), 8u);
  double liquidated = 0, rest = 0;
  for (size_t i = 0; i < 4; ++i) {
    const auto& move = json["moves"][i];
    const auto share = [&](const char* kind) {
      const auto& k = move["by_kind"][kind];
      return k["loss_usd"].get<double>() / k["equity_usd"].get<double>();
    };
    EXPECT_GT(share("isolated"), share("cross"));
    EXPECT_GT(share("cross"), share("portfolio"));
    EXPECT_GE(move["liquidated"]["longs"]["coins"].get<double>(), liquidated);
    liquidated = move["liquidated"]["longs"]["coins"];
    const auto& cascade = move["cascade"];
    EXPECT_EQ(cascade["evidence"], "ok");
    EXPECT_LT(cascade["rest"].get<double>(),
              move["move"].get<double>());  // further down than the shock
    EXPECT_LT(cascade["rest"].get<double>(), rest);
    rest = cascade["rest"];
    EXPECT_LE(cascade["amplification_low"].get<double>(), cascade["amplification"].get<double>());
    EXPECT_GE(cascade["amplification_high"].get<double>(), cascade["amplification"].get<double>());
    ASSERT_EQ(cascade["by_depth"].size(), 4u);
    EXPECT_LE(cascade["by_depth"][3]["rest"].get<double>(),
              cascade["by_depth"][0]["rest"].get<double>());
    EXPECT_TRUE(move["dealers"].is_null());
  }
  EXPECT_GT(liquidated, 6000);
}

TEST(Stress, refuses_amplification_by_name) {
  const auto bare = stressed({"--book", kExample, "--shock", "-5%"});
  EXPECT_GT(bare["moves"][0]["liquidated"]["longs"]["coins"], 0);
  EXPECT_EQ(bare["moves"][0]["cascade"]["evidence"], "refused");
  EXPECT_EQ(bare["moves"][0]["cascade"]["reason"],
            "not given and not on a tape: daily volatility, daily volume, depth");
  EXPECT_TRUE(bare["moves"][0]["cascade"]["rest"].is_null());
  EXPECT_EQ(bare["missing"].size(), 4u);
  const auto one = stressed({"--book", kExample, "--shock", "-5%", "--depth", "binance=220",
                             "--daily-vol", "0.03", "--daily-volume", "400000"});
  EXPECT_EQ(one["moves"][0]["cascade"]["reason"],
            "depth is from binance alone: two venues are the least");
}

TEST(Stress, names_a_fee_of_the_trigger_that_is_not_known) {
  const auto notes_of = [](const std::string& row) {
    return stressed({"--book", book_of(row + "\n"), "--shock", "-5%"})["notes"].dump();
  };
  EXPECT_NE(notes_of("a,isolated,okx,BTC-USDT-SWAP,long,100,84250,10,,,,,")
                .find("okx BTC-USDT-SWAP 2026 counts a fee in its trigger that is not known"),
            std::string::npos);
  EXPECT_EQ(notes_of("a,isolated,binance,BTCUSDT,long,2,84250,10,,,,,").find("counts a fee"),
            std::string::npos);
}

TEST(Stress, names_what_is_wrong_in_a_book) {
  const auto refused = [](const std::string& row, const std::string& what, int code = 3) {
    const Ran ran = stress(
        {"--book", book_of("ok,isolated,binance,BTCUSDT,long,2,84250,20,,,,,\n" + row + "\n")});
    EXPECT_EQ(ran.code, code) << row;
    EXPECT_NE(ran.err.find("book.csv:3:" + what), std::string::npos) << ran.err;
  };
  refused("a,naked,binance,BTCUSDT,long,2,84250,20,,,,,",
          "kind: wants isolated, cross or portfolio");
  refused("a,isolated,binance,BTCUSDT,up,2,84250,20,,,,,",
          "side: wants long, short, hold or beside");
  refused("a,isolated,binance,BTCUSDT,long,x,84250,20,,,,,", "qty:");
  refused("a,isolated,binance,BTCUSDT,long,-2,84250,20,,,,,", "qty: wants a figure above 0");
  refused("a,isolated,binance,BTCUSDT,long,2,84250,,,,,,",
          "leverage: an isolated position wants leverage or margin");
  refused("a,isolated,binance,BTCUSDT,long,2,84250,0.5,,,,,", "leverage: is at least 1");
  refused("a,isolated,binance,ETHUSDT,long,2,3000,20,,,,,",
          "symbol: is of ETH, the stress is of BTC");
  refused("a,isolated,binance,NOSUCH,long,2,3000,20,,,,,",
          "symbol: no rulebook for binance NOSUCH");
  refused("a,isolated,moon,BTCUSDT,long,2,84250,20,,,,,", "venue: no rulebook of moon");
  refused("a,isolated,binance,BTCUSDT,long,2,84250,200,,,,,",
          "leverage: leverage 200 is above the venue's maximum of 150");
  refused("a,cross,hyperliquid,BTC,short,2,84250,60,,,,,",
          "leverage: leverage 60 is above the venue's maximum of 40");
  refused("a,cross,bybit,BTCUSDT,long,400,84250,100,,,,,",
          "leverage: leverage 100 is above the venue's maximum of 25 for a position of this size");
  refused("a,cross,binance,BTCUSDT,long,2,84250,,,,,,", "leverage: a cross position wants it");
  refused("a,cross,binance,BTCUSDT,long,2,84250,10,,80000,,,", "stop: is for isolated positions");
  refused("a,cross,binance,DOGE,hold,2,,,,,,,", "symbol: no price of DOGE", 4);
  refused("a,isolated,binance,USDT,hold,2,,,,,,,",
          "side: isolated positions have their own margin");
  refused("a,portfolio,okx,BTC-USDT-SWAP,long,2,84250,,,,,,",
          "kind: no portfolio margin of okx is established", 4);
  refused("a,portfolio,deribit,BTC-27MAR26-80000-P,long,2,,,,,,,",
          "iv: an option wants its volatility");
  refused("a,portfolio,deribit,BTC-27MAR20-80000-P,long,2,,,,,,0.5,", "symbol: has expired");
  refused("ok,cross,binance,BTCUSDT,long,2,84250,20,,,,,",
          "kind: the account was of another kind before");
  refused("a,isolated,binance,BTCUSDT,long,2,84250,20,,,,,0",
          "count: wants a whole number from 1 up");
  const std::string path = scratch("columns.csv");
  std::ofstream(path, std::ios::binary)
      << "account,kind,venue,symbol,side,qty,colour\na,b,c,d,e,f,red\n";
  EXPECT_NE(stress({"--book", path}).err.find("columns.csv:1: no such column: colour"),
            std::string::npos);
  EXPECT_EQ(stress({"--book", book_of("")}).code, 4);
}

// A desk short one coin and long one, 0.7 of it at the venue: what the short earns the coins lose,
// wherever they are.
TEST(Stress, a_hedge_held_beside_counts_in_the_loss) {
  const std::string desk =
      "d,portfolio,bybit,USDT,hold,8425,,,,,0,,\nd,portfolio,bybit,BTC,hold,0.7,,,,,0.05,,\n"
      "d,portfolio,bybit,BTCUSDT,short,1,84250,3,,,,,\n";
  const auto loss = [&](const std::string& rows, const char* key) {
    return stressed(
               {"--book", book_of(rows), "--shock", "-5%"})["moves"][0]["by_kind"]["portfolio"][key]
        .get<double>();
  };
  EXPECT_NEAR(loss(desk, "loss_usd"), -0.3 * 0.05 * 84250, 0.01);
  EXPECT_NEAR(loss(desk + "d,portfolio,bybit,BTC,beside,0.3,,,,,,,\n", "loss_usd"), 0, 0.01);
  EXPECT_NEAR(loss(desk + "d,portfolio,bybit,BTC,beside,0.3,,,,,,,\n", "equity_usd") -
                  loss(desk, "equity_usd"),
              0.3 * 84250, 0.01);
  EXPECT_NE(
      stress(
          {"--book",
           book_of("a,isolated,binance,BTCUSDT,long,2,84250,20,,,,,\na,isolated,binance,BTC,beside,"
                   "1,,,,,,,\n")})
          .err.find("side: is for portfolios"),
      std::string::npos);
}

TEST(Stress, says_what_it_wants_on_its_command_line) {
  EXPECT_EQ(run({"stress"}).code, 2);
  EXPECT_EQ(stress({"--book", kExample, "--shock", "0"}).code, 2);
  EXPECT_EQ(stress({"--book", kExample, "--shock", "-99%"}).code, 2);
  EXPECT_EQ(stress({"--book", kExample, "--depth", "binance"}).code, 2);
  EXPECT_EQ(run({"stress", "--book", kExample}).code, 4);  // no price
  const Ran text = stress({"--book", kExample, "--shock", "-10%"});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("who is hurt"), std::string::npos);
  EXPECT_NE(text.out.find("missing: no --depth"), std::string::npos);
}

// Two days of one perpetual by the minute, as Tardis archives have it, with a book of two venues
// and an option chain at the end.
constexpr int kMinutes = 2880;
const Instant kStart = Instant::parse("2026-01-08T08:00:00Z").value();

void import(std::vector<std::string> arguments, const std::string& tape) {
  arguments.insert(arguments.begin(), "import");
  arguments.insert(arguments.end(), {"--out", tape});
  const Ran ran = run(arguments);
  ASSERT_EQ(ran.code, 0) << ran.err;
}

struct StressTape {
  std::string path;
  double last = 90'000;
};

StressTape market_tape(bool with_books) {
  StressTape tape{scratch(with_books ? "stress-books.tape" : "stress.tape")};
  std::string trades = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n";
  std::string tickers =
      "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
      "predicted_funding_rate,open_interest,last_price,index_price,mark_price\n";
  std::string forced = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n";
  Random random(83, {});
  double open_interest = 80'000;
  for (int t = 0; t < kMinutes; ++t) {
    tape.last *= std::exp(0.0015 * random.normal());
    open_interest += 30 * random.normal();
    const int64_t us = (kStart + Duration::minutes(t)).ns() / 1000 + 1'000'000;
    const char* side = random.chance(0.5) ? "buy" : "sell";
    trades += fmt::format("binance-futures,BTCUSDT,{},{},{},{},{:.1f},{:.3f}\n", us, us, t, side,
                          tape.last, 1 + 150 * random.exponential());
    tickers += fmt::format("binance-futures,BTCUSDT,{},{},,0.0001,,{:.3f},{:.1f},{:.1f},{:.1f}\n",
                           us, us, open_interest, tape.last, tape.last, tape.last);
    if (random.chance(0.1))
      forced += fmt::format("binance-futures,BTCUSDT,{},{},{},{},{:.1f},{:.3f}\n", us, us, t, side,
                            tape.last, 0.1 + random.uniform());
  }
  const auto csv = [&](const char* map, const char* name, const std::string& text) {
    const std::string file = scratch(name);
    std::ofstream(file, std::ios::binary) << text;
    import({"csv", "--map", source_root() + "/maps/" + map, file}, tape.path);
  };
  csv("tardis-trades.toml", "trades.csv", trades);
  csv("tardis-derivative-ticker.toml", "tickers.csv", tickers);
  csv("tardis-liquidations.toml", "forced.csv", forced);
  if (!with_books) return tape;
  const Instant end = kStart + Duration::minutes(kMinutes);
  const auto raw = [&](const char* decoder, const std::string& json) {
    const std::string file = scratch(std::string(decoder) + ".raw");
    std::ofstream(file, std::ios::binary) << end.ns() << " " << json << "\n";
    import({"raw", "--decoder", decoder, file}, tape.path);
  };
  const double bid = std::floor(tape.last), ask = bid + 1;
  raw("bybit",
      fmt::format(
          R"({{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":{0},"cts":{0},"data":{{"s":)"
          R"("BTCUSDT","b":[["{1:.1f}","150"],["{2:.1f}","900"]],"a":[["{3:.1f}","140"]],"u":7,)"
          R"("seq":9}}}})",
          end.ms(), bid, bid * 0.99, ask));
  raw("hyperliquid",
      fmt::format(
          R"({{"channel":"l2Book","data":{{"coin":"BTC","time":{0},"levels":[[{{"px":"{1:.1f}",)"
          R"("sz":"80","n":3}}],[{{"px":"{2:.1f}","sz":"60","n":3}}]]}}}})",
          end.ms(), bid, ask));
  std::string rows;
  for (int i = -8; i <= 8; ++i) {
    const double strike = std::round(tape.last * std::exp(0.04 * i) / 500) * 500;
    const double years = (Instant::parse("2026-01-30T08:00:00Z").value() - end).in_years();
    const double mark =
        options::black_price({tape.last, strike, years, 0.45, OptionType::put}) / tape.last;
    rows += fmt::format(
        R"({}{{"creation_timestamp":{},"instrument_name":"BTC-30JAN26-{:.0f}-P",)"
        R"("base_currency":"BTC",)"
        R"("bid_price":{:.6f},"ask_price":{:.6f},"mark_price":{:.6f},"mark_iv":45,)"
        R"("underlying_price":)"
        R"({:.2f},"underlying_index":"SYN","last":null,"open_interest":2000,"volume":1.0,)"
        R"("interest_rate":0.0}})",
        rows.empty() ? "" : ",", end.ms(), strike, mark * 0.98 + 1e-6, mark * 1.02 + 2e-6, mark,
        tape.last);
  }
  const std::string file = scratch("summary.jsonl");
  std::ofstream(file, std::ios::binary) << R"({"jsonrpc":"2.0","result":[)" << rows
                                        << R"(],"usIn":1,"usOut":2,"usDiff":1,"testnet":false})"
                                        << "\n";
  import({"jsonl", "--decoder", "deribit", "--request",
          "/api/v2/public/get_book_summary_by_currency?currency=BTC&kind=option", "--received",
          end.text(), file},
         tape.path);
  return tape;
}

TEST(Stress, takes_the_market_from_a_tape) {
  const StressTape tape = market_tape(true);
  const Ran ran = run(
      {"stress", "--book", kExample, "--tape", tape.path, "--shock", "-5%,5%", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_NEAR(json["price"].get<double>(), tape.last, 0.001 * tape.last);
  for (const auto& move : json["moves"]) {
    ASSERT_TRUE(move["dealers"].is_object()) << json["missing"];
    const double low = move["dealers"]["low"], high = move["dealers"]["high"],
                 gross = move["dealers"]["gross"];
    EXPECT_NEAR(low, -high, 1e-6 * high);  // open interest alone gives no sign
    EXPECT_GT(gross, 0);
    EXPECT_NEAR(high, gross, 0.05 * gross);
    EXPECT_EQ(move["cascade"]["evidence"], "undetermined") << move["cascade"];
    EXPECT_FALSE(move["cascade"]["rest"].is_null());
    std::string inputs;
    for (const auto& input : move["cascade"]["inputs"]) inputs += input.get<std::string>() + "; ";
    const bool falls = move["move"] < 0;
    EXPECT_NE(inputs.find(falls ? "bybit: 150 coins" : "bybit: 140 coins"), std::string::npos)
        << inputs;
    EXPECT_NE(inputs.find(falls ? "hyperliquid: 80 coins" : "hyperliquid: 60 coins"),
              std::string::npos)
        << inputs;
  }
  ASSERT_FALSE(json["overlap"]["falls"].empty());
  EXPECT_EQ(json["overlap"]["falls"][0]["label"], "undetermined");
}

TEST(Stress, shows_levels_only_where_they_have_earned_it) {
  const StressTape tape = market_tape(false);
  const Ran refused = run({"stress", "--tape", tape.path});
  EXPECT_EQ(refused.code, 4);
  EXPECT_NE(refused.err.find("binance BTCUSDT: levels have not earned showing:"), std::string::npos)
      << refused.err;
  EXPECT_NE(refused.err.find("held-out days of 30"), std::string::npos) << refused.err;
  const Ran shown = run({"stress", "--tape", tape.path, "--unscored", "--format", "json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  const auto json = nlohmann::json::parse(shown.out);
  EXPECT_EQ(json["from_levels"], true);
  double before = 0;
  for (size_t i = 0; i < 4; ++i) {
    const double longs = json["moves"][i]["liquidated"]["longs"]["coins"];
    EXPECT_GE(longs, before);
    before = longs;
    EXPECT_EQ(json["moves"][i]["cascade"]["evidence"], "refused");
    EXPECT_TRUE(json["moves"][i]["by_kind"].empty());
  }
  EXPECT_GT(before, 0);
  const Ran again = run({"stress", "--tape", tape.path, "--unscored", "--format", "json"});
  EXPECT_EQ(again.out, shown.out);
}

TEST(Stress, refuses_a_tape_without_the_inputs_of_levels) {
  const std::string tape = scratch("stress-funding.tape"), file = scratch("funding.csv");
  std::ofstream(file, std::ios::binary)
      << "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
      << "binance-futures,BTCUSDT,1767859200000000,1767859200000000,1,buy,90000,1\n";
  import({"csv", "--map", source_root() + "/maps/tardis-trades.toml", file}, tape);
  const Ran ran = run({"stress", "--tape", tape, "--price", "90000"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_NE(ran.err.find("no perpetual of BTC with both trades and open interest"),
            std::string::npos)
      << ran.err;
}

// An account's other coins move with the asset, by a beta or to a move of their own.
TEST(StressCoins, MoveWithTheAsset) {
  const std::string book = book_of("a,isolated,binance,ETHUSDT,long,10,2900,10,,,,,\n");
  const Ran unknown = stress({"--book", book, "--shock", "-5%"});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_NE(unknown.err.find("--coin ETH=PRICE:BETA"), std::string::npos) << unknown.err;
  const auto liquidated = [&](const char* coin, const char* shock) {
    const auto json = stressed({"--book", book, "--coin", coin, "--shock", shock});
    return json["moves"][0]["by_kind"]["isolated"]["liquidated"].get<int>();
  };
  // Ten times leveraged, a long goes between -9 and -9.6 %: at twice the move, at -4.75 % of BTC.
  EXPECT_EQ(liquidated("ETH=2900:2", "-4%"), 0);
  EXPECT_EQ(liquidated("ETH=2900:2", "-5%"), 1);
  EXPECT_EQ(liquidated("ETH=2900:1", "-8%"), 0);
  EXPECT_EQ(liquidated("ETH=2900:1", "-10%"), 1);
  EXPECT_EQ(liquidated("ETH=2900:-1", "12%"), 1) << "it falls as BTC rises";
  EXPECT_EQ(liquidated("ETH=2900:-1", "-12%"), 0);
  EXPECT_EQ(liquidated("ETH=2900:-12%", "-1%"), 1) << "a move of its own";
  EXPECT_EQ(liquidated("ETH=2900:-8%", "-1%"), 0);
  for (const char* bad : {"ETH", "ETH=2900", "ETH=0:1", "ETH=2900:x", "BTC=80000:1"}) {
    const Ran ran = stress({"--book", book, "--shock", "-5%", "--coin", bad});
    EXPECT_EQ(ran.code, 2) << bad;
    EXPECT_NE(ran.err.find("--coin"), std::string::npos) << ran.err;
  }
  const Ran itself = stress({"--book", book, "--shock", "-5%", "--coin", "BTC=80000:1"});
  EXPECT_NE(itself.err.find("the asset itself"), std::string::npos) << itself.err;
  const Ran two = stress({"--book", book, "--shock", "-5%,5%", "--coin", "ETH=2900:-8%"});
  EXPECT_EQ(two.code, 2);
  EXPECT_NE(two.err.find("one --shock"), std::string::npos) << two.err;
}

// One wallet behind two coins: a short of one pays for a long of the other only as far as they move
// together.
TEST(StressCoins, ACrossAccountOfTwoCoins) {
  const std::string book = book_of(
      "a,cross,binance,BTCUSDT,long,1,84250,10,,,,,\n"
      "a,cross,binance,ETHUSDT,short,29.05172414,2900,10,,,,,\n"
      "a,cross,binance,USDT,hold,9000,,,,,,,\n");
  const auto state = [&](const char* coin) {
    const auto json = stressed({"--book", book, "--coin", coin, "--shock", "-12%"});
    EXPECT_EQ(json["accounts"], 1);
    EXPECT_NEAR(json["value_usd"].get<double>(), 2 * 84250, 1);
    EXPECT_EQ(json["coins"][0]["coin"], "ETH");
    return json["moves"][0]["by_kind"]["cross"];
  };
  const auto hedged = state("ETH=2900:1"), apart = state("ETH=2900:0");
  EXPECT_EQ(hedged["liquidated"], 0);
  EXPECT_NEAR(hedged["loss_usd"].get<double>(), 0, 5);
  EXPECT_EQ(apart["liquidated"], 1);
  EXPECT_NEAR(apart["loss_usd"].get<double>(), 9000, 1);
}

}  // namespace
}  // namespace delever::cli
