// Goal: what chain and carry say, from a venue's own messages to the page: figures that are known
// beforehand, refusals by expiry with their names while the others stand, and a yield that adds up.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/source_root.h"
#include "cli/run_testing.h"
#include "options/black.h"

namespace delever::cli {
namespace {

const std::string kShared = source_root() + "/../shared";
constexpr const char* kAt = "2026-01-10T08:00:00Z";

struct Market {
  std::string prefix;  // "BTC" is settled in coins, "ETH_USDC" in USDC
  double forward = 0, vol = 0;
};

std::string summary_row(const Market& m, const std::string& day, Instant expiry, double strike,
                        OptionType type, double interest) {
  const Instant at = Instant::parse(kAt).value();
  const bool coin = m.prefix.find('_') == std::string::npos;
  const auto price = [&](double vol) {
    const double value =
        options::black_price({m.forward, strike, (expiry - at).in_years(), vol, type});
    return coin ? value / m.forward : value;
  };
  const double bid = price(m.vol - 0.01), ask = price(m.vol + 0.01);
  return fmt::format(
      R"({{"creation_timestamp":{},"instrument_name":"{}-{}-{:.0f}-{}","base_currency":"{}",)"
      R"("bid_price":{},)"
      R"("ask_price":{:.8f},"mark_price":{:.8f},"mark_iv":{},"underlying_price":{},)"
      R"("underlying_index":"SYN",)"
      R"("last":null,"open_interest":{},"volume":1.0,"interest_rate":0.0}})",
      at.ns() / 1'000'000, m.prefix, day, strike, type == OptionType::call ? "C" : "P",
      m.prefix.substr(0, 3), bid > 1e-6 ? fmt::format("{:.8f}", bid) : "null", ask, price(m.vol),
      100 * m.vol, m.forward, interest);
}

// An answer of "get_book_summary_by_currency": two expiries of a flat volatility, and a third of
// one option alone.
std::string summary(const Market& m) {
  std::string rows;
  for (const auto& [day, date] :
       {std::pair{"30JAN26", "2026-01-30T08:00:00Z"}, {"27FEB26", "2026-02-27T08:00:00Z"}}) {
    for (int i = -12; i <= 12; ++i) {
      const double strike = std::round(m.forward * std::exp(0.05 * i) / 50) * 50;
      for (const OptionType type : {OptionType::call, OptionType::put}) {
        const double interest = 10 + (type == OptionType::put ? 5 : 0);
        rows += summary_row(m, day, Instant::parse(date).value(), strike, type, interest) + ",";
      }
    }
  }
  rows += summary_row(m, "27MAR26", Instant::parse("2026-03-27T08:00:00Z").value(),
                      std::round(m.forward / 50) * 50, OptionType::call, 3);
  return R"({"jsonrpc":"2.0","result":[)" + rows +
         R"(],"usIn":1,"usOut":2,"usDiff":1,"testnet":false})" + "\n";
}

std::string summary_tape(const Market& m) {
  const std::string file = scratch("summary.jsonl"), tape = scratch(m.prefix + "-summary.tape");
  std::ofstream(file, std::ios::binary) << summary(m);
  const std::string request =
      "/api/v2/public/get_book_summary_by_currency?currency=" + m.prefix.substr(0, 3) +
      "&kind=option";
  const Ran ran = run({"import", "jsonl", "--decoder", "deribit", "--request", request,
                       "--received", kAt, file, "--out", tape});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return tape;
}

TEST(Chain, from_a_book_summary_coin_settled_and_usdc_settled) {
  for (const Market& m : {Market{"BTC", 90000, 0.45}, Market{"ETH_USDC", 3000, 0.6}}) {
    const std::string tape = summary_tape(m), asset = m.prefix.substr(0, 3);
    const Ran ran = run({"chain", "--tape", tape, "--asset", asset, "--format", "json"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto json = nlohmann::json::parse(ran.out);
    EXPECT_EQ(json["asset"], asset);
    EXPECT_EQ(json["as_of"], kAt);
    ASSERT_EQ(json["expiries"].size(), 2u);
    const auto& first = json["expiries"][0];
    EXPECT_EQ(first["expiry"], "30JAN26");
    EXPECT_EQ(first["forward"], m.forward);
    EXPECT_NEAR(first["forward_parity"].get<double>(), m.forward, 1e-5 * m.forward);
    EXPECT_EQ(first["calls"], 250);
    EXPECT_EQ(first["puts"], 375);
    EXPECT_EQ(first["put_call"], 1.5);
    EXPECT_NEAR(first["surface"]["atm_vol"].get<double>(), m.vol, 1e-3);
    EXPECT_EQ(first["surface"]["inside_bid_ask"], 1.0);
    ASSERT_EQ(first["hedge_flow"].size(), 12u);
    double gross = 0;
    for (const auto& point : first["hedge_flow"]) {
      EXPECT_EQ(point["low"].get<double>(), -point["high"].get<double>());
      if (point["move"] == 0.01) gross = point["high"];
    }
    EXPECT_NEAR(gross / first["gamma_gross_1pct"].get<double>(), 1, 0.02);
    for (const auto& strike : first["strikes"]) {
      EXPECT_EQ(strike["calls"], 10);
      for (const auto& option : strike["options"]) {
        if (!option["bid_iv"].is_null() && std::fabs(option["delta"].get<double>()) > 0.05 &&
            std::fabs(option["delta"].get<double>()) < 0.95) {
          EXPECT_NEAR(option["bid_iv"].get<double>(), m.vol - 0.01, 2e-3);
        }
      }
    }
    const auto& board = json["boards"][0];
    EXPECT_NEAR(board["vol_index_30d"].get<double>(), m.vol, 0.01);
    EXPECT_LT(board["vol_index_30d_low"].get<double>(), board["vol_index_30d_high"].get<double>());
    ASSERT_EQ(board["refused"].size(), 1u);
    EXPECT_EQ(board["refused"][0]["where"],
              asset + " 27MAR26@" + (asset == "BTC" ? "BTC" : "USDC"));
    EXPECT_TRUE(board["refused"][0]["what"].get<std::string>().starts_with("too_few_quotes"))
        << board["refused"][0];
  }
}

TEST(Chain, as_text_as_csv_and_of_one_expiry) {
  const std::string tape = summary_tape({"BTC", 90000, 0.45});
  const Ran text = run({"chain", "--tape", tape});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("refused: BTC 27MAR26@BTC: too_few_quotes"), std::string::npos)
      << text.out;
  EXPECT_EQ(text.out.find("hedging flow, coins"), std::string::npos);
  const Ran one = run({"chain", "--tape", tape, "--expiry", "30JAN26"});
  EXPECT_NE(one.out.find("open interest alone gives no sign"), std::string::npos) << one.out;
  EXPECT_NE(one.out.find("long_calls_short_puts"), std::string::npos);
  EXPECT_EQ(run({"chain", "--tape", tape, "--expiry", "2026-01-30"}).out, one.out);
  const Ran csv = run({"chain", "--tape", tape, "--format", "csv"});
  ASSERT_EQ(csv.code, 0) << csv.err;
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 1 + 2 * 50);
  EXPECT_TRUE(csv.out.starts_with("asset,venue,settle,as_of,expiry,strike,type,forward,"));
  const Ran none = run({"chain", "--tape", tape, "--expiry", "27MAR26"});
  EXPECT_EQ(none.code, 4);
  EXPECT_NE(none.err.find("too_few_quotes"), std::string::npos) << none.err;
  EXPECT_EQ(run({"chain", "--tape", tape, "--asset", "SOL"}).code, 4);
}

TEST(Chain, a_brief_draws_it) {
  const Ran ran = run({"brief", "--tape", summary_tape({"BTC", 90000, 0.45}), "--format", "html"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  for (const char* part :
       {"open interest by strike", "hedging flow over a move", "implied volatility, SVI",
        "at-the-money volatility by days to expiry", "vol_index_30d", "the sign is not known"})
    EXPECT_NE(ran.out.find(part), std::string::npos) << part;
  for (const char* hole : {" nan", "\"nan", ">nan", ">inf", "\"inf"})
    EXPECT_EQ(ran.out.find(hole), std::string::npos);
}

TEST(Chain, from_a_capture_of_tickers) {
  const std::string folder = kShared + "/wire/deribit/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "absent: ../shared/wire/deribit";
  const std::string tape = scratch("tickers.tape");
  const Ran ran = run({"import", "jsonl", "--decoder", "deribit",
                       folder + "session-options-book-ticker-20210722.jsonl", "--out", tape});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Ran btc = run({"chain", "--tape", tape, "--format", "json"});
  ASSERT_EQ(btc.code, 0) << btc.err;
  const auto json = nlohmann::json::parse(btc.out);
  bool december = false;
  for (const auto& expiry : json["expiries"]) {
    december = december || expiry["expiry"] == "31DEC21";
    EXPECT_GT(expiry["forward"].get<double>(), 20000);
    EXPECT_LT(expiry["forward"].get<double>(), 50000);
    EXPECT_FALSE(expiry["refused"].empty()) << "two options are no surface";
  }
  EXPECT_TRUE(december) << btc.out.substr(0, 400);
  const Ran eth =
      run({"chain", "--tape", tape, "--asset", "ETH"});  // three expiries, an option each
  EXPECT_EQ(eth.code, 4);
  EXPECT_NE(eth.err.find("too_few_quotes"), std::string::npos) << eth.err;
}

TEST(Chain, of_the_hourly_archive) {
  const std::string file =
      kShared + "/data/options/deribit_btc_chain_1h_20260123T01_20260124T06.csv.gz";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "absent: ../shared/data/options";
  const std::string tape = scratch("archive.tape");
  ASSERT_EQ(
      run({"import", "csv", "--map", "maps/deribit-option-chain.toml", file, "--out", tape}).code,
      0);
  const Ran ran = run({"chain", "--tape", tape, "--expiry", "30JAN26", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  const auto& expiry = json["expiries"][0];
  EXPECT_EQ(expiry["forward_source"], "delta");  // the archive has no underlying and no prices
  EXPECT_NEAR(expiry["open_interest"].get<double>(), 96632.5, 0.1);
  EXPECT_EQ(expiry["max_pain"], 90000);
  EXPECT_EQ(expiry["max_pain_coin"], 92000);
  EXPECT_NEAR(expiry["gamma_gross_1pct"].get<double>(), 2480, 150);
  EXPECT_NEAR(expiry["forward_parity"].get<double>() / expiry["forward"].get<double>(), 1, 1e-3);
  const Ran report = run({"chain", "--snapshots", file});
  ASSERT_EQ(report.code, 0) << report.err;
  EXPECT_NE(report.out.find("30 boards"), std::string::npos) << report.out.substr(0, 300);
  EXPECT_NE(report.out.find("butterfly condition broken in 0, calendar condition in 0"),
            std::string::npos)
      << report.out.substr(0, 2000);
}

TEST(Carry, a_dated_future_locks_its_basis) {
  const Ran ran = run({"carry", "--from", "2026-01-01T08:00:00Z", "--expiry", "27MAR26",
                       "--spot-entry", "80000", "--contract-entry", "82000", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["net"], 2000);
  EXPECT_NEAR(json["annual"].get<double>(), 2000.0 / 80000 * 365 / 85, 1e-12);
  EXPECT_EQ(json["exit"]["spot"]["price"], 80000);
}

TEST(Carry, a_perpetual_earns_its_funding_and_the_legs_add_up) {
  const std::vector<std::string> line{"carry",
                                      "--episode",
                                      kEpisode,
                                      "--spot",
                                      "BTC-USDT",
                                      "--contract",
                                      "BTC-USDT-PERP",
                                      "--from",
                                      "2026-01-28T00:00:00Z",
                                      "--to",
                                      "2026-01-30T00:00:00Z",
                                      "--spot-fee",
                                      "0.001",
                                      "--contract-fee",
                                      "0.0005",
                                      "--borrow",
                                      "0.06",
                                      "--borrowed",
                                      "0.5",
                                      "--margin",
                                      "0.2"};
  std::vector<std::string> as_json = line;
  as_json.insert(as_json.end(), {"--format", "json"});
  const Ran ran = run(as_json);
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  ASSERT_EQ(json["payments"].size(), 6u);
  double legs = 0, funding = 0;
  for (const auto& leg : json["legs"]) legs += leg.get<double>();
  for (const auto& p : json["payments"])
    funding += p["rate"].get<double>() * p["price"].get<double>();
  EXPECT_NEAR(legs, json["net"].get<double>(), 1e-9);
  EXPECT_NEAR(funding, json["legs"]["funding"].get<double>(), 1e-9);
  EXPECT_GT(funding, 0);
  EXPECT_LT(json["legs"]["borrowing"].get<double>(), 0);
  const Ran text = run(line);
  EXPECT_NE(text.out.find("funding alone"), std::string::npos) << text.out;
}

TEST(Carry, refuses_what_it_cannot_know) {
  const auto refused = [](std::vector<std::string> line, int code, const char* why) {
    line.insert(line.begin(), "carry");
    const Ran ran = run(line);
    EXPECT_EQ(ran.code, code) << ran.out;
    EXPECT_NE(ran.err.find(why), std::string::npos) << ran.err;
  };
  refused({"--from", "2026-01-01T08:00:00Z", "--spot-entry", "80000"}, 2, "--expiry");
  refused({"--from", "2026-01-01T08:00:00Z", "--spot-entry", "80000", "--expiry", "27MAR26"}, 2,
          "--contract-entry");
  const std::vector<std::string> whole{
      "--from", "2026-01-01T08:00:00Z", "--expiry", "27MAR26", "--spot-entry",
      "80000",  "--contract-entry",     "82000"};
  for (const auto& [option, value, why] : std::vector<std::array<const char*, 3>>{
           {"--price-age", "-5m", "--price-age: must not be negative"},
           {"--price-age", "long", "not a duration"},
           {"--margin", "-5", "--margin: want a share"},
           {"--borrowed", "3", "--borrowed: want a share, as 0.05 or 5%, from 0 to 1: 3"},
           {"--spot-fee", "nan", "--spot-fee: want a share"},
           {"--to", "2025-01-01", "--to: is not after --from"}}) {
    std::vector<std::string> line = whole;
    line.insert(line.end(), {option, value});
    refused(line, 2, why);
  }
  refused({"--from", "2026-04-01T08:00:00Z", "--expiry", "27MAR26", "--spot-entry", "80000",
           "--contract-entry", "82000"},
          3, "not after entry");
  refused({"--episode", kEpisode, "--spot", "BTC-USDT", "--contract", "SOL-USDT-PERP", "--from",
           "2026-01-28T00:00:00Z", "--to", "2026-01-30T00:00:00Z"},
          4, "no contract SOL-USDT-PERP in the data");
  refused({"--episode", kEpisode, "--spot", "BTC-USDT", "--contract", "BTC-USDT-PERP", "--from",
           "2026-01-28T05:00:00Z", "--to", "2026-01-30T00:00:00Z"},
          4, "no price of BTC-USDT within");
}

}  // namespace
}  // namespace delever::cli
