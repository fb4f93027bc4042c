#include "market/terms.h"

#include <gtest/gtest.h>

#include "market/shown.h"

namespace delever {
namespace {

TEST(CoinNames, one_coin_under_the_forms_of_the_venues) {
  const CoinNames names;
  const auto of = [&](const char* venue, const char* symbol, const char* base) {
    const Coin coin = names.of(venue, symbol, base);
    return std::pair(coin.asset, coin.units);
  };
  EXPECT_EQ(of("binance", "1000FLOKIUSDT", "1000FLOKI"), std::pair(std::string("FLOKI"), 1000.0));
  EXPECT_EQ(of("bybit", "1000000MOGUSDT", "1000000MOG"), std::pair(std::string("MOG"), 1e6));
  EXPECT_EQ(of("bybit", "SHIB1000USDT", "SHIB1000"), std::pair(std::string("SHIB"), 1000.0));
  EXPECT_EQ(of("hyperliquid", "kBONK", "KBONK"), std::pair(std::string("BONK"), 1000.0));
  EXPECT_EQ(of("hyperliquid", "xyz:kBONK", "KBONK"), std::pair(std::string("BONK"), 1000.0));
  EXPECT_EQ(of("hyperliquid", "KAS", "KAS"), std::pair(std::string("KAS"), 1.0));
  EXPECT_EQ(of("binance", "1INCHUSDT", "1INCH"), std::pair(std::string("1INCH"), 1.0));
  EXPECT_EQ(of("binance", "C98USDT", "C98"), std::pair(std::string("C98"), 1.0));
  EXPECT_EQ(names.plain("1000RATS"), "RATS");
}

TEST(CoinNames, the_table_wins_and_joins_renamed_coins) {
  CoinNames names;
  names.add({"*", "OLD", "NEW", 2, "test", "2026-01-30"});
  EXPECT_EQ(names.of("okx", "OLD-USDT", "OLD").asset, "NEW");
  EXPECT_EQ(names.of("okx", "OLD-USDT", "OLD").from, TermSource::table);
  EXPECT_EQ(names.of("bybit", "1000OLDUSDT", "1000OLD").units, 2000);
}

TEST(Terms, quantities_in_plain_coins_and_money) {
  Instrument perp = parse_name("1000FLOKI-USDT-PERP").value();
  perp.venue = "binance";
  perp.symbol = "1000FLOKIUSDT";
  EXPECT_FALSE(coins(terms_of(perp, {}, false), 3, 0.1));
  perp.contract_size = Qty::raw(Qty::scale);
  const Terms linear = terms_of(perp, {}, true);
  EXPECT_EQ(linear.size_from, TermSource::listing);
  EXPECT_EQ(coins(linear, 3, std::nullopt), 3000);
  EXPECT_DOUBLE_EQ(*quote_money(linear, 3, 0.1), 0.3);
  EXPECT_DOUBLE_EQ(linear.plain_price(0.1), 0.0001);

  Instrument inverse = parse_name("ETH-USD-PERP@ETH").value();
  inverse.contract_size = Qty::parse("10").value();
  const Terms dollars = terms_of(inverse, {}, false);
  EXPECT_EQ(quote_money(dollars, 7, std::nullopt), 70);
  EXPECT_EQ(coins(dollars, 7, 2000), 0.035);
  EXPECT_FALSE(coins(dollars, 7, std::nullopt));
}

TEST(Terms, a_builder_market_is_known_by_its_colon) {
  Instrument i = parse_name("BTC-USDC-PERP").value();
  i.venue = "hyperliquid";
  i.symbol = "abcd:BTC";
  EXPECT_TRUE(terms_of(i, {}, true).builder_market);
  i.symbol = "BTC";
  EXPECT_FALSE(terms_of(i, {}, true).builder_market);
}

TEST(Shown, prices_keep_the_digits_their_size_needs) {
  EXPECT_EQ(shown_price(84250, 2), "84250.00");
  EXPECT_EQ(shown_price(1.85, 0), "1.85");
  EXPECT_EQ(shown_price(90000, 0), "90000");
  EXPECT_EQ(shown_price(0.00000512, 2), "0.00000512");
  EXPECT_EQ(shown_price(0, 2), "0.00");
  EXPECT_EQ(shown_price(-0.0123, 2), "-0.0123");
}

}  // namespace
}  // namespace delever
