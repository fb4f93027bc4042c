// A small market for tests and benchmarks of what watches accounts: instruments on the rulebooks of
// five venues, random accounts over them, and prices that wander together, with jumps.
#pragma once

#include "margin/rulebooks_testing.h"
#include "watch/slack_bound.h"

namespace delever::watch::fixture {

using namespace margin::fixture;

struct CrossMarket {
  margin::Rulebooks books;
  margin::MarkPrices marks;
  PriceIds ids;
  struct Listed {
    margin::BookId book;
    std::optional<margin::OptionTerms> option;
  };
  std::vector<Listed> listed;  // by InstrumentId
  PriceId prices = 0;
  Random random;
  std::vector<CoinId> coins_held;

  explicit CrossMarket(uint64_t seed) : random(seed, {}) {
    const auto usdt = books.coin("USDT");
    for (const char* name : {"USDC", "BTC"}) books.coin(name);
    list(book("binance", "BTCUSDT", "2024-10-24"), 100'000);
    list(book("binance", "ETHUSDT", "2024-10-24"), 4'000);
    list(inverse_book(100), 100'000);
    list(book("hyperliquid", "SOL"), 150);
    list(book("deribit", "BTC_USDC-PERPETUAL"), 100'000);
    list(book("dydx", "Long-Tail"), 2.5);
    list(book("okx", "BTC-USDT-SWAP"), 100'000);
    Rulebook jumping = book("binance", "ETHUSDT", "2024-10-24");  // one rate on the whole value
    jumping.ladder->rate = TierRate::whole;
    for (MarginTier& tier : jumping.ladder->tiers) tier.deduction = Amount();
    jumping.margin->liquidation_fee = Rate::raw(Rate::scale / 2'000);
    jumping.contract->size = Qty::raw(333'333);  // sizes that are no whole number of 1e-8 coins
    list(jumping, 4'000);
    list(book("deribit", "BTC-OPTION"), 0.05,
         margin::OptionTerms{OptionType::call, price(110'000)});
    list(book("deribit", "BTC-OPTION"), 0.04, margin::OptionTerms{OptionType::put, price(95'000)});
    Rulebook in_usdc = book("deribit", "BTC-OPTION");
    in_usdc.contract->settle = "USDC";
    list(in_usdc, 5'000, margin::OptionTerms{OptionType::put, price(95'000)});
    list(book("bybit", "BTCUSDT"),
         100'000);  // maintenance frozen at the entry of isolated positions
    const double usd[] = {1, 1, 100'000};
    for (size_t coin = 0; coin < 16; ++coin) {
      marks.coin_usd.push_back(coin < 3 ? std::optional(price(usd[coin])) : std::nullopt);
      ids.coin_usd.push_back(prices++);
    }
    books.set_haircut(usdt, Rate());
    books.set_haircut(books.coin("BTC"), Rate::raw(Rate::scale / 20));
  }

  void list(const Rulebook& rules, double at, std::optional<margin::OptionTerms> option = {}) {
    const auto id = books.add(rules);
    CHECK(id.has_value());
    listed.push_back({id.value(), option});
    marks.mark.push_back(price(at));
    marks.underlying.push_back(option ? std::optional(price(100'000)) : std::nullopt);
    ids.mark.push_back(prices++);
    ids.underlying.push_back(prices++);
  }

  static double entry_value(const CrossMarket& market, const margin::Position& position) {
    const margin::Rulebooks::Compiled& rules = market.books[position.book];
    const double size = position.qty.approx() * rules.size.approx();
    const double at = market.marks.mark[position.instrument]->approx();
    return rules.inverse ? size / at : size * at;
  }

  // Healthy by a margin that is log-uniform between 1e-4 and 1 of what its positions are worth.
  margin::Account account(int positions_most) {
    for (;;) {
      margin::Account made;
      made.collateral =
          random.chance(0.4) ? CollateralMode::multi_asset : CollateralMode::single_coin;
      const auto count = 1 + random.below(static_cast<uint64_t>(positions_most));
      for (uint64_t i = 0; i < count; ++i) made.positions.push_back(position());
      if (random.chance(0.2)) {  // hedge mode: another leg of the first instrument
        margin::Position other = made.positions.front();
        other.side = other.side == PositionSide::long_side ? PositionSide::short_side
                                                           : PositionSide::long_side;
        other.qty = qty(other.qty.approx() * log_uniform(random, 0.5, 2));
        made.positions.push_back(other);
      }
      if (fund(made)) return made;
    }
  }

 private:
  margin::Position position() {
    const auto id = static_cast<InstrumentId>(random.below(listed.size()));
    const margin::Rulebooks::Compiled& rules = books[listed[id].book];
    const double now = marks.mark[id]->approx();
    const double usd = log_uniform(random, 50, random.chance(0.1) ? 5e7 : 1e6);
    const double each =
        rules.inverse ? rules.size.approx()
                      : rules.size.approx() * (listed[id].option && now < 10 ? 1e5 * now : now);
    margin::Position made{
        .instrument = id,
        .book = listed[id].book,
        .side = random.chance(0.5) ? PositionSide::long_side : PositionSide::short_side,
        .mode = random.chance(0.2) ? MarginMode::isolated : MarginMode::cross,
        .qty = qty(std::max(1e-8, usd / each)),
        .entry = price(now * log_uniform(random, 0.8, 1.25)),
        .leverage = times_leverage(5),
        .option = listed[id].option};
    if (random.chance(0.5))
      made.qty = Qty::raw(std::max<int64_t>(1, made.qty.raw() / 1'000'000) * 1'000'000);
    return made;
  }

  bool fund(margin::Account& account) {
    const auto before = margin::evaluate(account, marks, books);
    if (!before.has_value()) return false;
    for (const margin::Pool& pool : before.value().pools) {
      double value = 0;
      for (size_t i = 0; i < account.positions.size(); ++i) {
        const margin::Position& position = account.positions[i];
        const bool mine = pool.position
                              ? *pool.position == i
                              : position.mode == MarginMode::cross &&
                                    (!pool.coin || books[position.book].settle == *pool.coin);
        if (!mine) continue;
        double own = entry_value(*this, position);
        if (!pool.coin) own *= marks.coin_usd[books[position.book].settle]->approx();
        value += own;
      }
      const double needed = (pool.maintenance + pool.liquidation_fee).approx() -
                            pool.profit.approx() + value * log_uniform(random, 1e-4, 1) + 1e-7;
      if (pool.position) {
        account.positions[*pool.position].margin = coins(needed);
      } else if (pool.coin) {
        account.balances.push_back({*pool.coin, coins(needed)});
      } else if (random.chance(0.5)) {
        account.balances.push_back({0, coins(needed)});
      } else {  // more in BTC, and some debt in USDC
        const double debt = std::abs(needed) * 0.3;
        account.balances.push_back({1, coins(-debt)});
        account.balances.push_back(
            {2, coins((needed + debt) / (0.95 * marks.coin_usd[2]->approx()))});
      }
    }
    const auto after = margin::evaluate(account, marks, books);
    return after.has_value() && !after.value().liquidated();
  }
};

}  // namespace delever::watch::fixture
