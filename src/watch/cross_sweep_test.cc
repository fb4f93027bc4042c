// Goal: every pool that exact integers would liquidate is among those found; few others are; every
// vector width finds the same ones; and the rounding margin of the floats is enough even where
// nothing else is left.
#include "watch/cross_sweep.h"

#include <gtest/gtest.h>

#include "watch/cross_market_testing.h"

namespace delever::watch {
namespace {

using fixture::CrossMarket;

// Sums that are exactly zero in integers, and one unit on either side: zero must be found, whatever
// floats make of it.
TEST(LineTable, finds_every_sum_that_is_not_positive) {
  for (const options::Lanes lanes :
       {options::Lanes::one, options::Lanes::avx2, options::Lanes::avx512}) {
    if (!options::lanes_supported(lanes)) continue;
    Random random(1, {});
    LineTable table(lanes);
    for (int v = 0; v < 40; ++v) {
      const auto now = static_cast<double>(1 + random.below(1'000'000));
      table.set_value(table.add_value(now * 1.2), now);
    }
    std::vector<double> values(41);
    std::vector<bool> must(6'000);
    uint32_t close = 0;
    for (LineTable::Value v = 1; v <= 40; ++v) {
      values[v] = static_cast<double>(1 + random.below(1'000'000));
      table.set_limit(v, 1'000'001);
      table.set_value(v, values[v]);
    }
    for (uint32_t row = 0; row < must.size(); ++row) {
      std::vector<LineTable::Term> terms;
      double sum = 0;  // of integers below 2^53: exact
      for (size_t j = random.below(13); j > 0; --j) {
        const auto v = static_cast<LineTable::Value>(1 + (row + 3 * j) % 40);
        const double weight = static_cast<double>(random.below(2'000'000)) - 1e6;
        terms.push_back({v, weight});
        sum += weight * values[v];
      }
      const double wanted =
          random.chance(0.5) ? static_cast<double>(random.below(3)) - 1 : random.normal() * 1e12;
      table.set(row, wanted - sum, terms);
      must[row] = wanted <= 0;
    }
    for (uint32_t row = 0; row < must.size(); row += 7) {
      EXPECT_TRUE(table.erase(row));
      must[row] = false;
    }
    std::vector<uint32_t> found, parts;
    table.find(found);
    for (size_t part = 0; part < 3; ++part) table.find(parts, {.part = part, .parts = 3});
    std::sort(parts.begin(), parts.end());
    EXPECT_EQ(parts, found);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
    std::vector<bool> is(must.size());
    for (const uint32_t row : found) is[row] = true;
    for (uint32_t row = 0; row < must.size(); ++row) {
      ASSERT_TRUE(is[row] || !must[row]) << row;
      close += is[row] && !must[row];
    }
    EXPECT_LT(close, must.size() / 3);  // those one unit above zero; hardly any other
    table.set_value(7, std::numeric_limits<double>::quiet_NaN());
    found.clear();
    table.find(found);
    EXPECT_GT(found.size(), close);
  }
}

// Moves each price by what moves all of them and a step of its own.
void wander(Random& random, std::vector<std::optional<Price>>& prices, double together,
            double each) {
  for (auto& price : prices) {
    if (price)
      price = Price::nearest(price->approx() * std::exp(together + each * random.normal())).value();
  }
}

TEST(CrossSweep, finds_everyone_under_water_on_price_paths) {
  uint64_t found = 0, triggered = 0, chances = 0, near = 0;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    CrossMarket market(100 + seed);
    Random& random = market.random;
    constexpr uint32_t kAccounts = 200, kPools = 16;
    std::vector<margin::Account> accounts;
    std::vector<CrossSweep> sweeps;
    for (const options::Lanes lanes :
         {options::Lanes::one, options::Lanes::avx2, options::Lanes::avx512}) {
      if (options::lanes_supported(lanes))
        sweeps.emplace_back(market.books, CrossSweep::Options{.lanes = lanes});
    }
    margin::AccountMargin margin;
    const auto set = [&](uint32_t id) {
      for (uint32_t pool = 0; pool < margin.pools.size(); ++pool)
        for (CrossSweep& sweep : sweeps)
          sweep.set(id * kPools + pool, accounts[id], margin.pools[pool], market.marks);
    };
    for (uint32_t id = 0; id < kAccounts; ++id) {
      accounts.push_back(market.account(5));
      ASSERT_TRUE(margin::evaluate(accounts[id], market.marks, market.books, margin).has_value());
      set(id);
    }
    std::vector<uint32_t> due, other;
    std::vector<bool> is(kAccounts * kPools);
    for (int tick = 0; tick < 250; ++tick) {
      const double together =
          random.normal() * 0.003 + (random.chance(0.01) ? random.normal() * 0.1 : 0);
      wander(random, market.marks.mark, together, 0.002);
      wander(random, market.marks.underlying, together, 0.0001);
      wander(random, market.marks.coin_usd, together, 0.0001);
      for (CrossSweep& sweep : sweeps) sweep.move(market.marks);
      due.clear();
      sweeps[0].sweep(due);
      for (size_t i = 1; i < sweeps.size(); ++i) {
        other.clear();
        sweeps[i].sweep(other);
        ASSERT_EQ(other, due);
      }
      is.assign(is.size(), false);
      for (const uint32_t pool : due) is[pool] = true;
      for (uint32_t id = 0; id < kAccounts; ++id) {
        if (!margin::evaluate(accounts[id], market.marks, market.books, margin).has_value())
          continue;
        bool under = false, named = false;
        for (uint32_t pool = 0; pool < margin.pools.size(); ++pool) {
          const margin::Pool& exact = margin.pools[pool];
          const bool here = is[id * kPools + pool];
          ASSERT_TRUE(here || !exact.liquidated)
              << "seed " << seed << " tick " << tick << " pool " << id;
          ++chances;
          found += here;
          triggered += exact.liquidated;
          near +=
              here && !exact.liquidated &&
              exact.equity().approx() < 1.1 * (exact.maintenance + exact.liquidation_fee).approx();
          under |= exact.liquidated;
          named |= here;
        }
        if (under) {
          for (uint32_t pool = 0; pool < kPools; ++pool)
            for (CrossSweep& sweep : sweeps) sweep.erase(id * kPools + pool);
          accounts[id] = market.account(5);
          ASSERT_TRUE(
              margin::evaluate(accounts[id], market.marks, market.books, margin).has_value());
        }
        if (under || named) set(id);
      }
    }
  }
  std::printf("under water %lu, found %lu of %lu (%lu more within 10 %% of maintenance)\n",
              triggered, found, chances, near);
  EXPECT_GT(triggered, 300u);
  EXPECT_LT(found, chances / 10);
}

TEST(CrossSweep, a_missing_price_makes_its_pools_due) {
  CrossMarket market(7);
  CrossSweep sweep(market.books);
  margin::Account account;
  account.balances = {{0, margin::fixture::coins(1e6)}};
  account.positions = {{.instrument = 1,
                        .book = 1,
                        .qty = margin::fixture::qty(1),
                        .entry = margin::fixture::price(4000)}};
  EXPECT_TRUE(sweep.set(0, account, margin::Pool{.coin = CoinId{0}}, market.marks));
  std::vector<uint32_t> due;
  sweep.sweep(due);
  EXPECT_TRUE(due.empty());
  market.marks.mark[1] = std::nullopt;
  sweep.move(market.marks);
  sweep.sweep(due);
  EXPECT_EQ(due, std::vector<uint32_t>{0});
  account.positions[0].instrument = 99;  // a price that nobody ever laid
  EXPECT_FALSE(sweep.set(1, account, margin::Pool{.coin = CoinId{0}}, market.marks));
  due.clear();
  sweep.sweep(due);
  EXPECT_EQ(due, (std::vector<uint32_t>{0, 1}));
}

}  // namespace
}  // namespace delever::watch
