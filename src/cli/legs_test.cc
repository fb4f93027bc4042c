// Goal: carry works out legs that belong together and refuses the others by name.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/run_testing.h"

namespace delever::cli {
namespace {

constexpr int64_t kMillisecond = 1'000'000,
                  kSecondOfMarch = 1'772'409'600'000;  // 2026-03-02T00:00:00Z

// Spot trades of `spot`, marks and 8-hourly settlements of `contract`, over one day.
std::string tape_of(const std::string& spot, const std::string& contract, double spot_price,
                    double mark, double index = 1) {
  const std::string tape = scratch(spot + contract + ".tape");
  std::filesystem::remove(tape);
  const std::string trades = scratch("trades.raw"), marks = scratch("marks.raw"),
                    rates = scratch("rates.raw");
  std::ofstream t(trades), m(marks), r(rates);
  for (int hour = 0; hour <= 24; ++hour) {
    const int64_t at = kSecondOfMarch + hour * 3'600'000;
    t << fmt::format(
        "{} {{\"e\":\"trade\",\"E\":{},\"s\":\"{}\",\"t\":{},\"p\":\"{:.8f}\",\"q\":\"5\",\"T\":{},"
        "\"m\":true}}\n",
        at * kMillisecond, at, spot, hour + 1, spot_price, at);
    m << fmt::format(
        "{} "
        "{{\"e\":\"markPriceUpdate\",\"E\":{},\"s\":\"{}\",\"p\":\"{:.8f}\",\"P\":\"1\",\"i\":"
        "\"{:.8f}\","
        "\"r\":\"0.0001\",\"T\":{}}}\n",
        at * kMillisecond, at, contract, mark, index, at + 1000);
    if (hour % 8 == 0)
      r << fmt::format("{} [{{\"symbol\":\"{}\",\"fundingTime\":{},\"fundingRate\":\"0.0001\"}}]\n",
                       (at + 1) * kMillisecond, contract, at);
  }
  t.close(), m.close(), r.close();
  for (const auto& [file, decoder] :
       {std::pair(trades, "binance-spot"), std::pair(marks, "binance-usdm"),
        std::pair(rates, "binance-usdm")}) {
    const Ran ran = run({"import", "raw", file, "--decoder", decoder, "--out", tape});
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  return tape;
}

Ran carry(const std::string& tape, const std::string& spot, const std::string& contract) {
  return run({"carry", "--tape", tape, "--spot", spot, "--contract", contract, "--from",
              "2026-03-02T00:00:00Z", "--to", "2026-03-03T00:00:00Z"});
}

TEST(Carry, AContractOfAThousandCoinsIsCountedInPlainCoins) {
  const Ran ran = carry(tape_of("FLOKIUSDT", "1000FLOKIUSDT", 0.00008, 0.08), "FLOKI-USDT",
                        "1000FLOKI-USDT-PERP");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("basis alone 0.00 %/y"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("spot 0.00008 "), std::string::npos) << ran.out;
}

TEST(Carry, RefusesLegsOfAnotherCoinOrQuote) {
  const Ran coin = carry(tape_of("LTCUSDT", "BCHUSDT", 90, 500), "LTC-USDT", "BCH-USDT-PERP");
  EXPECT_NE(coin.code, 0);
  EXPECT_NE(coin.err.find("another coin: LTC-USDT is LTC"), std::string::npos) << coin.err;
  const Ran money = carry(tape_of("LTCEUR", "LTCUSDT", 80, 90), "LTC-EUR", "LTC-USDT-PERP");
  EXPECT_NE(money.code, 0);
  EXPECT_NE(money.err.find("another quote"), std::string::npos) << money.err;
}

TEST(Carry, SaysThatAFutureIsHeldToItsExpiry) {
  const Ran ran =
      carry(tape_of("LTCUSDT", "LTCUSDT_260327", 100, 101), "LTC-USDT", "LTC-USDT-260327");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("note: --to is not taken: a future is held to its expiry"),
            std::string::npos)
      << ran.out;
}

// Marks carry the index beside them: a contract 2 % above spot is not sold at the index.
TEST(Carry, TheContractIsNotPricedByItsIndex) {
  const std::string tape = tape_of("LTCUSDT", "LTCUSDT", 100, 102, 100);
  const Ran ran =
      run({"carry", "--tape", tape, "--spot", "LTC-USDT", "--contract", "LTC-USDT-PERP", "--from",
           "2026-03-02T00:00:00Z", "--to", "2026-03-03T00:00:00Z", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  for (const char* when : {"entry", "exit"}) {
    EXPECT_EQ(json[when]["spot"]["price"], 100) << ran.out;
    EXPECT_EQ(json[when]["contract"]["price"], 102) << ran.out;
  }
  ASSERT_FALSE(json["payments"].empty());
  EXPECT_EQ(json["payments"][0]["price"], 102) << "funding is charged on the mark";
}

}  // namespace
}  // namespace delever::cli
