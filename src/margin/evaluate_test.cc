// Goal: pools hold exactly what backs them, debts and margins are rounded against the account, and
// what is unknown stops the computation instead of entering it as zero.
#include "margin/evaluate.h"

#include <gtest/gtest.h>

#include "margin/rulebooks_testing.h"

namespace delever::margin {
namespace {

using namespace fixture;

struct Desk {
  Rulebooks books;
  BookId btc = books.add(book("binance", "BTCUSDT", "2024-10-24")).value();
  BookId eth = books.add(book("binance", "ETHUSDT", "2024-10-24")).value();
  BookId coin = books.add(inverse_book(100)).value();
  CoinId usdt = books.coin("USDT"), bitcoin = books.coin("BTC");
  MarkPrices marks{.mark = {price(100'000), price(4'000), price(100'000)},
                   .coin_usd = {price(1), price(100'000)}};

  Position position(BookId id, PositionSide side, double size, double entry,
                    MarginMode mode = MarginMode::cross) const {
    return {.instrument = id.raw(),
            .book = id,
            .side = side,
            .mode = mode,
            .qty = qty(size),
            .entry = price(entry),
            .leverage = times_leverage(10)};
  }
};

constexpr PositionSide kLong = PositionSide::long_side, kShort = PositionSide::short_side;

TEST(Evaluate, one_pool_a_coin_and_one_an_isolated_position) {
  Desk desk;
  Account account;
  account.balances = {{desk.usdt, coins(20'000)}, {desk.bitcoin, coins(2)}};
  account.positions = {desk.position(desk.btc, kLong, 1, 99'000),
                       desk.position(desk.eth, kShort, 10, 4'000),
                       desk.position(desk.coin, kLong, 500, 90'000),
                       desk.position(desk.btc, kShort, 1, 100'000, MarginMode::isolated)};
  account.positions[3].margin = coins(400);
  const AccountMargin m = evaluate(account, desk.marks, desk.books).value();
  ASSERT_EQ(m.pools.size(), 3u);
  EXPECT_EQ(m.pools[0].coin, desk.usdt);
  EXPECT_EQ(m.pools[0].equity().text(), "21000");
  EXPECT_EQ(m.pools[0].initial.text(), "14000");    // 10,000 + 4,000
  EXPECT_EQ(m.pools[0].maintenance.text(), "610");  // 450 + 160
  EXPECT_EQ(available(m.pools[0]).text(), "7000");
  EXPECT_EQ(m.pools[1].coin, desk.bitcoin);
  EXPECT_EQ(m.pools[1].profit.text(), "0.05555555");  // 50,000 (1/90,000 - 1/100,000), down
  EXPECT_EQ(m.pools[2].position, 3u);
  EXPECT_TRUE(m.pools[2].liquidated);  // 400 < 450
  EXPECT_FALSE(m.pools[0].liquidated);
  EXPECT_TRUE(m.liquidated());
  EXPECT_NEAR(*m.pools[0].ratio(), 610.0 / 21'000, 1e-15);
}

TEST(Evaluate, collateral_counts_after_haircut_and_debts_count_whole) {
  EXPECT_EQ(collateral_value(coins(2), price(50'000), Rate::parse("0.075").value())->text(),
            "92500");
  EXPECT_EQ(collateral_value(coins(-2), price(50'000), Rate::parse("0.075").value())->text(),
            "-100000");
  EXPECT_EQ(collateral_value(Amount::raw(1), price(0.3), Rate())->raw(), 0);  // down
  EXPECT_EQ(collateral_value(Amount::raw(-1), price(0.3), Rate())->raw(),
            -1);  // down: a larger debt

  Desk desk;
  desk.books.set_haircut(desk.usdt, Rate());
  desk.books.set_haircut(desk.bitcoin, Rate::parse("0.05").value());
  const CoinId junk =
      desk.books.coin("JUNK");  // no rule: not accepted, and its price is not even asked for
  Account account{.collateral = CollateralMode::multi_asset};
  account.balances = {
      {desk.usdt, coins(-30'000)}, {desk.bitcoin, coins(1)}, {junk, coins(1'000'000)}};
  account.positions = {desk.position(desk.btc, kLong, 1, 100'000),
                       desk.position(desk.coin, kShort, 500, 100'000)};
  const AccountMargin m = evaluate(account, desk.marks, desk.books).value();
  ASSERT_EQ(m.pools.size(), 1u);
  EXPECT_FALSE(m.pools[0].coin);
  EXPECT_EQ(m.pools[0].wallet.text(), "65000");
  EXPECT_EQ(m.pools[0].initial.text(), "15000");  // 10,000 USDT + 0.05 BTC
}

TEST(Evaluate, isolated_and_cross_split_the_same_money) {
  Desk desk;
  Random random(31, {});
  for (int i = 0; i < 1'000; ++i) {
    Account cross, split;
    const Amount wallet = coins(log_uniform(random, 1e3, 1e6)),
                 aside = Amount::raw(wallet.raw() / 3);
    cross.balances = {{desk.usdt, wallet}};
    split.balances = {{desk.usdt, wallet - aside}};
    const double entry = std::round(log_uniform(random, 5e4, 2e5));
    Position p = desk.position(desk.btc, random.chance(0.5) ? kLong : kShort, 0.5, entry);
    cross.positions = {p};
    p.mode = MarginMode::isolated;
    p.margin = aside;
    split.positions = {p};
    const AccountMargin a = evaluate(cross, desk.marks, desk.books).value(),
                        b = evaluate(split, desk.marks, desk.books).value();
    ASSERT_EQ(a.pools.size(), 1u);
    ASSERT_EQ(b.pools.size(), 2u);
    EXPECT_EQ(a.pools[0].equity(), b.pools[0].equity() + b.pools[1].equity());
    EXPECT_EQ(a.pools[0].maintenance, b.pools[1].maintenance);
    EXPECT_EQ(b.pools[0].maintenance, Amount());
  }
}

TEST(Evaluate, hedge_legs_offset_profit_and_add_margin) {
  Desk desk;
  Account account;
  account.balances = {{desk.usdt, coins(5'000)}};
  account.positions = {desk.position(desk.btc, kLong, 1, 90'000),
                       desk.position(desk.btc, kShort, 1, 90'000)};
  const AccountMargin m = evaluate(account, desk.marks, desk.books).value();
  EXPECT_EQ(m.pools[0].profit, Amount());
  EXPECT_EQ(m.pools[0].maintenance.text(), "900");
}

TEST(Evaluate, the_venue_decides_about_equality) {
  EXPECT_TRUE(triggered(100, 100, true));
  EXPECT_FALSE(triggered(100, 100, false));
  EXPECT_TRUE(triggered(99, 100, false));
  EXPECT_FALSE(triggered(0, 0, true));
  EXPECT_TRUE(triggered(-1, 0, true));
}

TEST(Evaluate, what_is_missing_is_an_error) {
  Desk desk;
  Account account;
  account.positions = {desk.position(desk.btc, kLong, 1, 90'000)};
  desk.marks.mark[0].reset();
  EXPECT_EQ(evaluate(account, desk.marks, desk.books).error().fault, Fault::no_evidence);
  account.positions.clear();
  account.collateral = CollateralMode::multi_asset;
  account.balances = {{desk.usdt, coins(-5)}};
  desk.marks.coin_usd.clear();
  EXPECT_EQ(evaluate(account, desk.marks, desk.books).error().fault, Fault::no_evidence);
}

TEST(Evaluate, sums_that_do_not_fit_are_refused) {
  Desk desk;
  Account account;
  account.balances = {{desk.usdt, Amount::raw(INT64_MAX)}, {desk.usdt, Amount::raw(INT64_MAX)}};
  EXPECT_EQ(evaluate(account, desk.marks, desk.books).error().fault, Fault::out_of_range);
  account.balances = {{desk.usdt, Amount::raw(INT64_MIN)}, {desk.usdt, Amount::raw(INT64_MIN)}};
  EXPECT_EQ(evaluate(account, desk.marks, desk.books).error().fault, Fault::out_of_range);
  account.balances = {{desk.usdt, Amount::raw(INT64_MAX)}};
  account.positions = {desk.position(desk.btc, kLong, 1, 90'000)};
  EXPECT_EQ(evaluate(account, desk.marks, desk.books).error().fault, Fault::out_of_range);
}

TEST(Evaluate, an_empty_account_is_safe) {
  Desk desk;
  EXPECT_TRUE(evaluate(Account{}, desk.marks, desk.books).value().pools.empty());
}

}  // namespace
}  // namespace delever::margin
