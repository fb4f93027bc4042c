// Goal: a pool whose prices all stand within its watch prices is never under water, checked at the
// very corners of that box; and on price paths nobody who is under water is missed, while most
// looks are saved.
#include "watch/watch_index.h"

#include <gtest/gtest.h>

#include <map>

#include "watch/cross_market_testing.h"

namespace delever::watch {
namespace {

using fixture::CrossMarket;

std::vector<std::optional<Price>*> by_id(const PriceIds& ids, margin::MarkPrices& marks) {
  std::vector<std::optional<Price>*> found;
  const auto place = [&found](PriceId id, std::optional<Price>& price) {
    if (found.size() <= id) found.resize(id + size_t{1});
    found[id] = &price;
  };
  for (size_t i = 0; i < marks.mark.size(); ++i) place(ids.mark[i], marks.mark[i]);
  for (size_t i = 0; i < marks.underlying.size(); ++i)
    place(ids.underlying[i], marks.underlying[i]);
  for (size_t i = 0; i < marks.coin_usd.size(); ++i) place(ids.coin_usd[i], marks.coin_usd[i]);
  return found;
}

TEST(WatchPrices, no_corner_of_the_box_is_under_water) {
  int corners = 0, tight = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    CrossMarket market(seed);
    const margin::Account account = market.account(6);
    const margin::AccountMargin margin =
        margin::evaluate(account, market.marks, market.books).value();
    for (size_t pool = 0; pool < margin.pools.size(); ++pool) {
      PoolBound bound;
      ASSERT_TRUE(bound_pool(account, market.marks, market.books, margin, pool, market.ids, bound)
                      .has_value());
      if (bound.spare < 0) continue;
      std::vector<WatchPrice> watches;
      watch_prices(bound.exposures, bound.spare, watches);
      for (int round = 0; round < 60; ++round) {
        margin::MarkPrices moved = market.marks;
        const auto prices = by_id(market.ids, moved);
        std::vector<uint64_t> choice(market.prices);
        for (auto& c : choice) c = market.random.below(4);
        // Prices without a watch on a way go far on it; the others go to the last unit inside, or
        // to a point between.
        for (const Exposure& exposure : bound.exposures) {
          const bool rising = choice[exposure.price] % 2;
          const double far =
              exposure.now.approx() * std::exp((rising ? 3 : -3) * market.random.uniform());
          *prices[exposure.price] = Price::nearest(std::max(far, 1e-9)).value();
        }
        for (const WatchPrice& watch : watches) {
          const bool rising = watch.side == PositionSide::short_side;
          if (rising != (choice[watch.price] % 2)) continue;
          const int64_t inside = watch.due_at.raw() + (rising ? -1 : 1);
          const double share = choice[watch.price] < 2 ? 1 : market.random.uniform();
          const auto way =
              static_cast<int64_t>(share * static_cast<double>(inside - watch.now.raw()));
          *prices[watch.price] = Price::raw(share == 1 ? inside : watch.now.raw() + way);
        }
        const auto there = margin::evaluate(account, moved, market.books);
        if (!there.has_value()) continue;  // beyond 92 billion coins
        ++corners;
        const margin::Pool& p = there.value().pools[pool];
        const Amount slack = p.equity() - p.maintenance - p.liquidation_fee;
        ASSERT_GT(slack, Amount())
            << "seed " << seed << " pool " << pool << " spare " << bound.spare;
        tight += static_cast<double>(slack.raw()) < 0.1 * bound.spare;
      }
    }
  }
  RecordProperty("corners", corners);
  EXPECT_GT(corners, 20'000);
  EXPECT_GT(tight, corners / 50);  // the bound is used up, not merely wide
}

TEST(WatchIndex, misses_nobody_on_price_paths) {
  uint64_t looks = 0, chances = 0, triggered = 0;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    CrossMarket market(seed);
    Random& random = market.random;
    const auto prices = by_id(market.ids, market.marks);
    constexpr uint32_t kAccounts = 150, kPools = 16;
    std::vector<margin::Account> accounts;
    WatchIndex index;
    PoolBound bound;
    margin::AccountMargin margin;
    std::vector<bool> blind(
        kAccounts);  // at these prices its rulebooks have no answer: look at every tick
    const auto watch = [&](uint32_t id) {
      blind[id] = !margin::evaluate(accounts[id], market.marks, market.books, margin).has_value();
      for (uint32_t pool = 0; pool < margin.pools.size() && !blind[id]; ++pool) {
        ASSERT_TRUE(
            bound_pool(accounts[id], market.marks, market.books, margin, pool, market.ids, bound)
                .has_value());
        index.watch(id * kPools + pool, bound);
      }
    };
    const auto forget = [&](uint32_t id) {
      for (uint32_t pool = 0; pool < kPools; ++pool) index.forget(id * kPools + pool);
    };
    for (uint32_t id = 0; id < kAccounts; ++id) {
      accounts.push_back(market.account(5));
      watch(id);
    }
    std::vector<uint32_t> due;
    std::vector<bool> looked(kAccounts);
    for (int tick = 0; tick < 400; ++tick) {
      const double together =
          random.normal() * 0.002 + (random.chance(0.01) ? random.normal() * 0.1 : 0);
      due.clear();
      for (PriceId id = 0; id < prices.size(); ++id) {
        if (!prices[id] || !*prices[id] || random.chance(0.2)) continue;  // some prices stand still
        const bool coin = id >= market.ids.coin_usd[0] && id < market.ids.coin_usd[0] + 2;
        const double move = coin ? random.normal() * 1e-4 : together + random.normal() * 0.001;
        *prices[id] = Price::nearest((*prices[id])->approx() * std::exp(move)).value();
        const size_t before = due.size();
        index.take_due(id, **prices[id], due);
        ASSERT_TRUE(std::is_sorted(due.begin() + static_cast<std::ptrdiff_t>(before), due.end()));
      }
      looked = blind;
      for (const uint32_t pool : due) looked[pool / kPools] = true;
      for (uint32_t id = 0; id < kAccounts; ++id) {
        ++chances;
        looks += looked[id];
        const auto exact = margin::evaluate(accounts[id], market.marks, market.books);
        const bool under = exact.has_value() && exact.value().liquidated();
        ASSERT_TRUE(looked[id] || !under)
            << "seed " << seed << " tick " << tick << " account " << id;
        triggered += under;
        if (under) {
          forget(id);
          accounts[id] = market.account(5);
        }
        if (looked[id]) watch(id);
      }
    }
    for (uint32_t id = 0; id < kAccounts; ++id) forget(id);
    EXPECT_EQ(index.watched(), 0u);
  }
  const double share = static_cast<double>(looks) / static_cast<double>(chances);
  std::printf("under water %lu, looks %lu of %lu: %.2f %% saved\n", triggered, looks, chances,
              100 * (1 - share));
  EXPECT_GT(triggered, 300u);
  EXPECT_LT(share, 0.25);
}

TEST(WatchIndex, is_not_due_again_at_the_price_of_its_look) {
  const Price now = Price::raw(1000), end = Price::raw(500);
  const Exposure exposure{.price = 7, .now = now, .fall = Exposure::Way{end, 100}};
  WatchIndex index;
  index.watch(3, std::span(&exposure, 1), 50);
  std::vector<uint32_t> due;
  index.take_due(7, Price::raw(760), due);
  EXPECT_TRUE(due.empty());
  index.take_due(7, Price::raw(740), due);  // beyond half of the way
  EXPECT_EQ(due, std::vector<uint32_t>{3});
  due.clear();
  index.watch(3, std::span(&exposure, 1),
              -1);  // too close to say: any move is due, the same price is not
  index.take_due(7, now, due);
  EXPECT_TRUE(due.empty());
  index.take_due(7, Price::raw(1001), due);
  EXPECT_EQ(due, std::vector<uint32_t>{3});
  EXPECT_EQ(index.watched(), 1u);  // the one below still stands
  index.forget(3);
  EXPECT_EQ(index.watched(), 0u);
}

// A loss of 100 for half of the price; 64 : 1 in sensitivity shares the slack 16 : 1, distances 1
// : 4.
TEST(WatchPrices, splits_by_the_two_thirds_power) {
  const Price now = Price::raw(1'000'000'000);
  const Exposure two[] = {
      {.price = 0, .now = now, .fall = Exposure::Way{Price::raw(500'000'000), 6400}},
      {.price = 1, .now = now, .rise = Exposure::Way{Price::raw(1'500'000'000), 100}}};
  std::vector<WatchPrice> watches;
  watch_prices(two, 170, watches);
  ASSERT_EQ(watches.size(), 2u);
  EXPECT_NEAR(static_cast<double>(watches[0].due_at.raw()), 1e9 - 5e8 * 160 / 6400, 2);
  EXPECT_NEAR(static_cast<double>(watches[1].due_at.raw()), 1e9 + 5e8 * 10 / 100, 2);
  // More than both need: each to its end, and not beyond.
  watch_prices(two, 1e9, watches);
  EXPECT_EQ(watches[0].due_at, Price::raw(499'999'999));
  EXPECT_EQ(watches[1].due_at, Price::raw(1'500'000'001));
  // Enough for one of them: the other gets all the rest.
  watch_prices(two, 100 + 3200, watches);
  EXPECT_EQ(watches[1].due_at, Price::raw(1'500'000'001));
  EXPECT_NEAR(static_cast<double>(watches[0].due_at.raw()), 7.5e8, 2);
}

}  // namespace
}  // namespace delever::watch
