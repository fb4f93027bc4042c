// Goal: at a liquidation price the account really stands at its maintenance margin, on every venue
// and in every mode.
#include "margin/price.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/csv.h"
#include "base/source_root.h"
#include "base/text.h"
#include "margin/rulebooks_testing.h"

namespace delever::margin {
namespace {

using namespace fixture;

// models.md M1: E = 1e5, 10x, maintenance 0.4 %
TEST(LiquidationPrice, known_answers_linear_and_inverse) {
  Rulebook flat = book("binance", "BTCUSDT", "2024-10-24");
  flat.ladder->tiers = {
      {.max_leverage = times_leverage(125), .maintenance = Rate::parse("0.004").value()}};
  Rulebook coin = flat;
  coin.contract->kind = InstrumentKind::inverse;
  Rulebooks books;
  const BookId linear = books.add(flat).value(), inverse = books.add(coin).value();
  const auto at = [&](BookId id, PositionSide side) {
    const double margin = id == linear ? 10'000 : 0.1;
    const PricePool pool{.equity_elsewhere = margin,
                         .legs = {{.book = &books[id],
                                   .side = side,
                                   .qty = id == linear ? 1.0 : 100'000.0,
                                   .entry = 1e5}}};
    return *adverse(liquidation_prices(pool).value(), pool);
  };
  EXPECT_NEAR(at(linear, PositionSide::long_side), 90361.45, 0.005);
  EXPECT_NEAR(at(linear, PositionSide::short_side), 109561.75, 0.005);
  EXPECT_NEAR(at(inverse, PositionSide::long_side), 91272.73, 0.005);
  EXPECT_NEAR(at(inverse, PositionSide::short_side), 110666.67, 0.005);
}

TEST(LiquidationPrice, hyperliquid_published_states) {
  std::ifstream in(source_root() + "/../shared/hyperliquid/liquidation_px_cases.csv");
  if (!in) GTEST_SKIP() << "absent: ../shared/hyperliquid/liquidation_px_cases.csv";
  std::ostringstream all;
  all << in.rdbuf();
  const CsvTable table = read_csv(all.str(), "cases").value();
  ASSERT_EQ(table.rows.size(), 5u);
  for (const CsvRecord& row : table.rows) {
    const auto read = [&](std::string_view column) {
      return *read_double(table.field(row, column));
    };
    // The rate is half of 1 / max leverage, as the documents say; the value gives the mark.
    Rulebook flat = book("hyperliquid", "BTC");
    flat.ladder->tiers = {{.max_leverage = times_leverage(read("max_leverage")),
                           .maintenance = Rate::nearest(0.5 / read("max_leverage")).value()}};
    Rulebooks books;
    const BookId id = books.add(flat).value();
    const double size = read("size_signed"), mark = read("position_value_usd") / std::abs(size);
    const double own = read("position_value_usd") * 0.5 / read("max_leverage");
    // The leg stands at the mark, so the published equity is all elsewhere.
    const PricePool pool{
        .equity_elsewhere = read("margin_equity_usd"),
        .maintenance_elsewhere = read("maintenance_margin_usd") - own,
        .legs = {{.book = &books[id],
                  .side = size > 0 ? PositionSide::long_side : PositionSide::short_side,
                  .qty = std::abs(size),
                  .entry = mark}}};
    EXPECT_NEAR(*adverse(liquidation_prices(pool).value(), pool), read("liquidation_px"),
                1e-8 * read("liquidation_px"))
        << table.field(row, "case");
  }
}

struct Venue {
  const char* name;
  Rulebook rules;
};

std::vector<Venue> venues() {
  std::vector<Venue> all = {{"binance", book("binance", "BTCUSDT", "2024-10-24")},
                            {"binance 2021", book("binance", "BTCUSDT", "2021-03-18")},
                            {"coin-m", inverse_book(100)},
                            {"bybit", book("bybit", "BTCUSDT")},
                            {"hyperliquid", book("hyperliquid", "BTC")},
                            {"deribit linear", book("deribit", "BTC_USDC-PERPETUAL")},
                            {"dydx", book("dydx", "Large-Cap")},
                            {"okx", book("okx", "BTC-USDT-SWAP")}};
  all.back().rules.margin->liquidation_fee = Rate::parse("0.0005").value();
  // The size rule on an inverse contract: maintenance is quadratic in 1/P.
  Rulebook quadratic = book("deribit", "BTC_USDC-PERPETUAL");
  quadratic.contract->kind = InstrumentKind::inverse;
  quadratic.contract->settle = "BTC";
  all.push_back({"deribit inverse", quadratic});
  return all;
}

// A random isolated position within its ladder.
Position random_isolated(Random& random, const Rulebooks::Compiled& rules, BookId id) {
  const double entry = std::round(log_uniform(random, 2e4, 2e5) * 10) / 10;
  double value = log_uniform(random, 1e3, 1e7);
  const double size = rules.inverse ? std::ceil(value / rules.size.approx())
                                    : std::ceil(value / entry / rules.size.approx() * 1e3) / 1e3;
  Position p{.book = id,
             .side = random.chance(0.5) ? PositionSide::long_side : PositionSide::short_side,
             .mode = MarginMode::isolated,
             .qty = qty(rules.book.ladder && rules.book.ladder->unit == TierUnit::contracts
                            ? std::min(size, 1000.0)
                            : size),
             .entry = price(entry),
             .leverage = times_leverage(1 + std::floor(random.uniform() * 19))};
  const Wide at_entry = position_value(rules, p.qty, p.entry, Round::down);
  p.margin = *fit<Amount>(shared_by(at_entry, p.leverage, Round::down));
  return p;
}

double ratio_at(const Position& p, const Rulebooks::Compiled& rules, Price at, double* value) {
  const PositionMargin m = position_margin(p, rules, at).value();
  *value = m.value.approx();
  return (m.maintenance + m.liquidation_fee).approx() - (p.margin + m.profit).approx();
}

TEST(LiquidationPrice, isolated_margin_there_is_exactly_used_up) {
  for (const Venue& venue : venues()) {
    Rulebooks books;
    const BookId id = books.add(venue.rules).value();
    Random random(21, {});
    int checked = 0, triggers = 0;
    for (int i = 0; i < 3'000; ++i) {
      const Position p = random_isolated(random, books[id], id);
      Account account;
      account.positions.push_back(p);
      const MarkPrices marks{.mark = {p.entry}};
      const PricePool pool = price_pool(account, 0, marks, books).value();
      const auto found = liquidation_prices(pool);
      if (!found.has_value()) {  // above an incomplete ladder
        EXPECT_EQ(found.error().fault, Fault::no_evidence);
        continue;
      }
      const auto liquidation = adverse(found.value(), pool);
      if (!liquidation || *liquidation < 1 || *liquidation > 1e8) continue;
      double value = 0;
      const double gap = ratio_at(p, books[id], price(*liquidation), &value);
      EXPECT_NEAR(gap, 0, 1e-11 * (value + p.margin.approx()) + 1e-7) << venue.name << " " << i;
      ++checked;

      const auto exact = trigger_price(p, books[id]);
      ASSERT_TRUE(exact.has_value()) << venue.name << " " << exact.error().text();
      if (!exact.value()) continue;
      // The ledger's unit of 1e-8 coins moves the edge by that share of the value.
      EXPECT_NEAR(exact.value()->approx(), *liquidation,
                  (1e-10 + 1e-7 / value) * *liquidation + 2e-10)
          << venue.name << " " << i;
      const int64_t outward = p.side == PositionSide::long_side ? 1 : -1;
      const auto hit = [&](Price at) {
        Account one = account;
        return evaluate(one, MarkPrices{.mark = {at}}, books).value().pools[0].liquidated;
      };
      EXPECT_TRUE(hit(*exact.value())) << venue.name << " " << i;
      EXPECT_FALSE(hit(Price::raw(exact.value()->raw() + outward))) << venue.name << " " << i;
      ++triggers;
    }
    EXPECT_GT(checked, 1'000) << venue.name;
    EXPECT_GT(triggers, 1'000) << venue.name;
  }
}

TEST(LiquidationPrice, bankruptcy_leaves_nothing_and_lies_beyond_liquidation) {
  for (const Venue& venue : venues()) {
    Rulebooks books;
    const BookId id = books.add(venue.rules).value();
    Random random(22, {});
    for (int i = 0; i < 1'000; ++i) {
      const Position p = random_isolated(random, books[id], id);
      Account account;
      account.positions.push_back(p);
      const PricePool pool = price_pool(account, 0, MarkPrices{.mark = {p.entry}}, books).value();
      const auto bankruptcy = bankruptcy_price(pool);
      if (!bankruptcy || *bankruptcy < 1 || *bankruptcy > 1e8) continue;
      const auto m = position_margin(p, books[id], price(*bankruptcy));
      if (!m.has_value()) continue;  // above an incomplete ladder
      EXPECT_NEAR((p.margin + m.value().profit).approx(), 0,
                  1e-11 * m.value().value.approx() + 1e-7)
          << venue.name;
      const auto found = liquidation_prices(pool);
      if (!found.has_value()) continue;
      const auto liquidation = adverse(found.value(), pool);
      if (!liquidation) continue;
      const double beyond = p.side == PositionSide::long_side ? *liquidation - *bankruptcy
                                                              : *bankruptcy - *liquidation;
      EXPECT_GE(beyond, -1e-12 * *bankruptcy) << venue.name;
    }
  }
}

// Cross accounts with several instruments and hedge legs: moving one price to its threshold uses
// the pool up.
TEST(LiquidationPrice, cross_accounts_stand_at_their_margin_there) {
  for (const CollateralMode mode : {CollateralMode::single_coin, CollateralMode::multi_asset}) {
    Rulebooks books;
    const BookId btc = books.add(book("binance", "BTCUSDT", "2024-10-24")).value();
    const BookId eth = books.add(book("binance", "ETHUSDT", "2024-10-24")).value();
    const CoinId usdt = books.coin("USDT"), coin = books.coin("BTC");
    books.set_haircut(usdt, Rate());
    books.set_haircut(coin, Rate::parse("0.05").value());
    Random random(23, {});
    int thresholds = 0;
    for (int i = 0; i < 3'000; ++i) {
      Account account{.collateral = mode};
      account.balances = {{usdt, coins(log_uniform(random, 1e3, 1e6))},
                          {coin, coins(random.uniform())}};
      const MarkPrices marks{.mark = {price(100'000), price(4'000)},
                             .coin_usd = {price(0.999), price(100'000)}};
      for (const auto& [id, instrument, entry] :
           {std::tuple{btc, 0u, 100'000.0}, std::tuple{btc, 0u, 98'000.0},
            std::tuple{eth, 1u, 4'100.0}}) {
        const bool second = entry == 98'000.0;
        account.positions.push_back(
            {.instrument = instrument,
             .book = id,
             .side = second                                  ? PositionSide::short_side
                     : random.chance(0.5) && instrument == 1 ? PositionSide::short_side
                                                             : PositionSide::long_side,
             .qty = qty(std::ceil(log_uniform(random, 1, 1e3)) / (instrument == 1 ? 1 : 20)),
             .entry = price(entry),
             .leverage = times_leverage(10)});
      }
      const PricePool pool = price_pool(account, 0, marks, books).value();
      ASSERT_EQ(pool.legs.size(), 2u);
      const SafePrices safe = liquidation_prices(pool).value();
      for (const auto& threshold : {safe.below, safe.above}) {
        if (!threshold || *threshold < 100 || *threshold > 1e7) continue;
        MarkPrices moved = marks;
        moved.mark[0] = price(*threshold);
        const AccountMargin m = evaluate(account, moved, books).value();
        const Pool& cross = m.pools[0];
        EXPECT_NEAR(cross.equity().approx(), cross.maintenance.approx(),
                    1e-11 * (cross.wallet.approx() + 1e3 * *threshold) + 1e-6)
            << i;
        ++thresholds;
      }
      // Inside the interval the pool is safe, outside it is not.
      const double middle = safe.below ? *safe.below * 1.001 : 50'000;
      if (!safe.never_safe && (!safe.above || middle < *safe.above)) {
        MarkPrices inside = marks;
        inside.mark[0] = price(middle);
        EXPECT_FALSE(evaluate(account, inside, books).value().pools[0].liquidated) << i;
      }
    }
    EXPECT_GT(thresholds, 2'000);
  }
}

TEST(LiquidationPrice, isolated_and_cross_agree_on_one_position) {
  Rulebooks books;
  const BookId id = books.add(book("binance", "BTCUSDT", "2024-10-24")).value();
  Random random(24, {});
  for (int i = 0; i < 500; ++i) {
    Position p = random_isolated(random, books[id], id);
    Account isolated, cross;
    isolated.positions.push_back(p);
    cross.balances.push_back({books.coin("USDT"), p.margin});
    p.mode = MarginMode::cross;
    cross.positions.push_back(p);
    const MarkPrices marks{.mark = {price(p.entry.approx() * (0.99 + 0.02 * random.uniform()))}};
    const PricePool a = price_pool(isolated, 0, marks, books).value(),
                    b = price_pool(cross, 0, marks, books).value();
    const auto x = adverse(liquidation_prices(a).value(), a),
               y = adverse(liquidation_prices(b).value(), b);
    ASSERT_EQ(x.has_value(), y.has_value());
    EXPECT_NEAR(x.value_or(0), y.value_or(0), 1e-10 * x.value_or(0));
    EXPECT_NEAR(evaluate(isolated, marks, books).value().pools[0].equity().approx(),
                evaluate(cross, marks, books).value().pools[0].equity().approx(), 0);
  }
}

TEST(LiquidationPrice, a_perfect_hedge_dies_of_rising_maintenance_only) {
  Rulebooks books;
  const BookId id = books.add(book("binance", "BTCUSDT", "2024-10-24")).value();
  const PricePool pool{
      .equity_elsewhere = 5'000,
      .legs = {{.book = &books[id], .qty = 1, .entry = 100'000},
               {.book = &books[id], .side = PositionSide::short_side, .qty = 1, .entry = 100'000}}};
  const SafePrices safe = liquidation_prices(pool).value();
  EXPECT_FALSE(safe.below);
  ASSERT_TRUE(safe.above);
  EXPECT_GT(*safe.above, 400'000);
  EXPECT_FALSE(bankruptcy_price(pool));
}

TEST(LiquidationPrice, never_and_always) {
  Rulebooks books;
  const BookId id = books.add(book("binance", "BTCUSDT", "2024-10-24")).value();
  const PricePool rich{.equity_elsewhere = 200'000,
                       .legs = {{.book = &books[id], .qty = 1, .entry = 100'000}}};
  EXPECT_FALSE(adverse(liquidation_prices(rich).value(), rich));
  const PricePool broke{
      .equity_elsewhere = -1,
      .legs = {{.book = &books[id], .qty = 1, .entry = 100'000},
               {.book = &books[id], .side = PositionSide::short_side, .qty = 1, .entry = 100'000}}};
  EXPECT_TRUE(liquidation_prices(broke).value().never_safe);
  EXPECT_FALSE(liquidation_prices(PricePool{}).has_value());
}

}  // namespace
}  // namespace delever::margin
