// Goal: one name per contract, both spellings read, sizes turned into coins and money only when
// that is known.
#include "market/instrument.h"

#include <gtest/gtest.h>

namespace delever {
namespace {

TEST(Instrument, canonical_and_ccxt_names_meet) {
  const char* pairs[][2] = {{"BTC-USDT", "BTC/USDT"},
                            {"BTC-USDT-PERP", "BTC/USDT:USDT"},
                            {"BTC-USD-PERP@BTC", "BTC/USD:BTC"},
                            {"BTC-USDT-260327", "BTC/USDT:USDT-260327"},
                            {"BTC-USD-260130-90000-C@BTC", "BTC/USD:BTC-260130-90000-C"},
                            {"DOGE-USDT-231006-0.06-C", "DOGE/USDT:USDT-231006-0.06-C"}};
  for (const auto& [canonical, ccxt] : pairs) {
    EXPECT_EQ(parse_name(ccxt).value().name(), canonical);
    EXPECT_EQ(parse_name(canonical).value().name(), canonical);
  }
  EXPECT_EQ(parse_name("BTC/USD:BTC").value().kind, InstrumentKind::inverse);
  EXPECT_EQ(parse_name("BTC-USD-260130-90000-C@BTC").value().expiry->text(),
            "2026-01-30T08:00:00Z");
  for (const char* bad :
       {"", "BTC", "BTC-", "/", "BTC/USDT:", "BTC-USDT-260230", "BTC-USDT-260130-90000-X"})
    EXPECT_FALSE(parse_name(bad).has_value()) << bad;
}

TEST(Instrument, expiry_names) {
  EXPECT_EQ(expiry_name(parse_expiry_name("30JAN26").value()), "30JAN26");
  EXPECT_EQ(expiry_name(parse_expiry_name("6FEB26").value()), "6FEB26");
  EXPECT_EQ(expiry_name(parse_expiry_name("26DEC26").value()), "26DEC26");
  for (const char* bad : {"", "30FOO26", "32JAN26", "PERPETUAL", "JAN26"})
    EXPECT_FALSE(parse_expiry_name(bad).has_value()) << bad;
}

TEST(Instrument, contract_sizes) {
  Instrument linear = parse_name("BTC-USDT-PERP").value();
  EXPECT_FALSE(coins(linear, Qty::parse("855").value(), std::nullopt));  // contract size unknown
  linear.contract_size = Qty::parse("0.01").value();
  const Price price = Price::parse("82655.7").value();
  EXPECT_DOUBLE_EQ(*coins(linear, Qty::parse("855").value(), price), 8.55);
  EXPECT_EQ(exact_notional(linear, Qty::parse("855").value(), price, Round::down)->text(),
            "706706.235");
  Instrument inverse = parse_name("BTC-USD-PERP@BTC").value();
  inverse.contract_size = Qty::parse("100").value();
  EXPECT_DOUBLE_EQ(*usd(inverse, Qty::parse("2137").value(), std::nullopt), 213700);
  EXPECT_FALSE(coins(inverse, Qty::parse("1").value(), Price()));
}

TEST(Instruments, ids_are_stable) {
  Instruments all;
  const auto make = [] {
    Instrument i;
    i.venue = "okx";
    i.symbol = "A";
    return i;
  };
  const InstrumentId a = all.intern("okx", "A", make);
  EXPECT_EQ(all.intern("okx", "A", make), a);
  Instrument better = make();
  better.contract_size = Qty::raw(1);
  EXPECT_EQ(all.add(better), a);
  EXPECT_TRUE(all[a].contract_size);
  EXPECT_FALSE(all.find("bybit", "A"));
}

}  // namespace
}  // namespace delever
