// What the exchange pays: one evaluation of an account, one liquidation price, one exact trigger.
#include <benchmark/benchmark.h>

#include "margin/rulebooks_testing.h"

namespace delever::margin {
namespace {

using namespace fixture;

struct Market {
  Rulebooks books;
  MarkPrices marks;
  std::vector<Account> accounts;

  explicit Market(int positions) {
    const BookId ids[] = {books.add(book("binance", "BTCUSDT", "2024-10-24")).value(),
                          books.add(book("binance", "ETHUSDT", "2024-10-24")).value()};
    for (int i = 0; i < 5; ++i) marks.mark.push_back(price(i % 2 ? 4'000 : 100'000));
    Random random(1, {});
    for (int a = 0; a < 1'024; ++a) {
      Account account;
      account.balances = {{0, coins(log_uniform(random, 1e4, 1e6))}};
      for (int i = 0; i < positions; ++i) {
        account.positions.push_back(
            {.instrument = static_cast<InstrumentId>(i),
             .book = ids[i % 2],
             .side = random.chance(0.5) ? PositionSide::long_side : PositionSide::short_side,
             .qty = qty(log_uniform(random, 0.01, 10)),
             .entry = *marks.mark[static_cast<size_t>(i)],
             .leverage = times_leverage(10),
             .margin = coins(log_uniform(random, 1e3, 1e5))});
      }
      accounts.push_back(std::move(account));
    }
  }
};

void evaluate_cross(benchmark::State& state) {
  const Market market(static_cast<int>(state.range(0)));
  AccountMargin margin;
  size_t i = 0;
  for (auto _ : state) {
    (void)evaluate(market.accounts[i++ & 1023], market.marks, market.books, margin).has_value();
    benchmark::DoNotOptimize(margin.pools.data());
  }
}
BENCHMARK(evaluate_cross)->Arg(1)->Arg(5);

void liquidation_price_isolated(benchmark::State& state) {
  const Market market(1);
  size_t i = 0;
  PricePool pool;
  for (auto _ : state) {
    const Position& p = market.accounts[i++ & 1023].positions[0];
    pool.equity_elsewhere = p.margin.approx();
    pool.legs.assign(1, {.book = &market.books[p.book],
                         .side = p.side,
                         .qty = p.qty.approx(),
                         .entry = p.entry.approx()});
    const auto prices = liquidation_prices(pool);
    benchmark::DoNotOptimize(adverse(prices.value(), pool));
  }
}
BENCHMARK(liquidation_price_isolated);

void trigger_price_isolated(benchmark::State& state) {
  Market market(1);
  for (Account& account : market.accounts) account.positions[0].mode = MarginMode::isolated;
  size_t i = 0;
  for (auto _ : state) {
    const Position& p = market.accounts[i++ & 1023].positions[0];
    benchmark::DoNotOptimize(trigger_price(p, market.books[p.book]));
  }
}
BENCHMARK(trigger_price_isolated);

}  // namespace
}  // namespace delever::margin

BENCHMARK_MAIN();
