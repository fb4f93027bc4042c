// Goal: price-time priority without exception, and the fast book equal to a plain one after every
// command.
#include "matching/match_book.h"

#include <gtest/gtest.h>

#include <list>
#include <map>

#include "base/random.h"

namespace delever::matching {
namespace {

using Kind = BookEvent::Kind;

// The slow twin: maps of lists, written from the rules alone.
class PlainBook {
 public:
  struct Order {
    uint64_t key;
    AccountId account;
    Lots lots;
  };
  std::map<Tick, std::list<Order>, std::greater<>> bids;
  std::map<Tick, std::list<Order>> asks;
  std::vector<BookEvent> fills;

  Lots submit(uint64_t key, const MatchBook::NewOrder& o) {
    fills.clear();
    const bool buy = o.side == Side::buy;
    if (o.time_in_force == TimeInForce::post_only && (o.market || reaches(o))) return -1;
    if (o.time_in_force == TimeInForce::fill_or_kill && would_fill(o) < o.lots) return -1;
    const Lots left = buy ? take(asks, o) : take(bids, o);
    const bool rests = !o.market && (o.time_in_force == TimeInForce::good_till_cancelled ||
                                     o.time_in_force == TimeInForce::post_only);
    if (left > 0 && rests) {
      if (buy)
        bids[o.tick].push_back({key, o.account, left});
      else
        asks[o.tick].push_back({key, o.account, left});
    }
    return left;
  }
  bool cancel(uint64_t key) { return erase(bids, key) || erase(asks, key); }

 private:
  bool reaches(const MatchBook::NewOrder& o) const {
    if (o.side == Side::buy) return !asks.empty() && (o.market || asks.begin()->first <= o.tick);
    return !bids.empty() && (o.market || bids.begin()->first >= o.tick);
  }
  Lots would_fill(MatchBook::NewOrder o) const {
    PlainBook copy = *this;
    o.time_in_force = TimeInForce::immediate_or_cancel;
    copy.submit(0, o);
    Lots sum = 0;
    for (const BookEvent& f : copy.fills) sum += f.lots;
    return sum;
  }
  template <class M>
  static bool erase(M& side, uint64_t key) {
    for (auto level = side.begin(); level != side.end(); ++level) {
      for (auto o = level->second.begin(); o != level->second.end(); ++o) {
        if (o->key != key) continue;
        level->second.erase(o);
        if (level->second.empty()) side.erase(level);
        return true;
      }
    }
    return false;
  }
  template <class M>
  Lots take(M& side, const MatchBook::NewOrder& o) {
    Lots left = o.lots;
    while (left > 0 && !side.empty()) {
      auto level = side.begin();
      if (!o.market && (o.side == Side::buy ? level->first > o.tick : level->first < o.tick)) break;
      Order& maker = level->second.front();
      const bool own = maker.account == o.account && o.self_trade != SelfTrade::allow;
      if (own && o.self_trade == SelfTrade::expire_taker) return 0;
      const Lots traded = own ? maker.lots : std::min(left, maker.lots);
      if (!own) {
        fills.push_back({.kind = Kind::fill,
                         .tick = level->first,
                         .lots = traded,
                         .maker_account = maker.account});
        left -= traded;
      }
      maker.lots -= traded;
      if (maker.lots == 0) level->second.pop_front();
      if (level->second.empty()) side.erase(level);
      if (own && o.self_trade == SelfTrade::expire_both) return 0;
    }
    return left;
  }
};

TEST(MatchBook, equals_the_plain_book_on_random_commands) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed, {});
    const Tick span = seed % 2 ? 40 : 5000;
    MatchBook book({1000, 1000 + span});
    PlainBook plain;
    std::map<uint64_t, OrderId> live;
    std::vector<BookEvent> out;
    for (uint64_t step = 1; step <= 3000; ++step) {
      out.clear();
      if (!live.empty() && random.chance(0.3)) {
        auto it = live.begin();
        std::advance(it, static_cast<long>(random.below(live.size())));
        EXPECT_EQ(book.cancel(it->second, out), plain.cancel(it->first));
        live.erase(it);
      } else {
        const MatchBook::NewOrder o{
            .account = static_cast<AccountId>(random.below(4)),
            .side = random.chance(0.5) ? Side::buy : Side::sell,
            .tick = 1000 + static_cast<Tick>(random.below(static_cast<uint64_t>(span) + 1)),
            .lots = 1 + static_cast<Lots>(random.below(50)),
            .market = random.chance(0.1),
            .time_in_force = static_cast<TimeInForce>(random.below(4)),
            .self_trade = static_cast<SelfTrade>(random.below(4))};
        const OrderId id = book.submit(o, out);
        const Lots left = plain.submit(step, o);
        if (id) live[step] = id;
        std::vector<BookEvent> fills;
        for (const BookEvent& e : out) {
          if (e.kind == Kind::fill) fills.push_back(e);
        }
        ASSERT_EQ(fills.size(), plain.fills.size()) << "seed " << seed << " step " << step;
        for (size_t i = 0; i < fills.size(); ++i) {
          ASSERT_EQ(fills[i].tick, plain.fills[i].tick);
          ASSERT_EQ(fills[i].lots, plain.fills[i].lots);
          ASSERT_EQ(fills[i].maker_account, plain.fills[i].maker_account);
        }
        ASSERT_EQ(left == -1, out.back().kind == Kind::rejected);
      }
      std::erase_if(live, [&](const auto& entry) {
        MatchBook::Resting r;
        return !book.find(entry.second, r);
      });
      size_t count = 0;
      auto same = [&](Side side, const auto& levels) {
        auto level = levels.begin();
        book.levels(side, [&](Tick tick, Lots lots, uint32_t orders) {
          EXPECT_TRUE(level != levels.end());
          Lots sum = 0;
          for (const auto& o : level->second) sum += o.lots;
          EXPECT_EQ(tick, level->first);
          EXPECT_EQ(lots, sum);
          EXPECT_EQ(orders, level->second.size());
          count += orders;
          ++level;
          return true;
        });
        EXPECT_TRUE(level == levels.end());
      };
      same(Side::buy, plain.bids);
      same(Side::sell, plain.asks);
      ASSERT_EQ(count, book.resting());
      if (book.has_bids() && book.has_asks()) { ASSERT_LT(book.best_bid(), book.best_ask()); }
    }
  }
}

TEST(MatchBook, first_come_first_served_at_the_resting_price) {
  MatchBook book({0, 100});
  std::vector<BookEvent> out;
  const OrderId first = book.submit({.account = 1, .side = Side::sell, .tick = 50, .lots = 5}, out);
  book.submit({.account = 2, .side = Side::sell, .tick = 50, .lots = 5}, out);
  out.clear();
  EXPECT_EQ(book.submit({.account = 3, .side = Side::buy, .tick = 60, .lots = 7}, out), 0u);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].maker, first);
  EXPECT_EQ(out[0].lots, 5);
  EXPECT_EQ(out[1].maker_left, 3);
  EXPECT_EQ(out[1].tick, 50);
  EXPECT_FALSE(book.cancel(first, out));  // its id is spent
  EXPECT_EQ(out.back().reject, BookReject::unknown_order);
}

TEST(MatchBook, refuses_and_changes_nothing) {
  MatchBook book({10, 20});
  std::vector<BookEvent> out;
  book.submit({.account = 1, .side = Side::sell, .tick = 15, .lots = 5}, out);
  const auto refused = [&](MatchBook::NewOrder order) {
    out.clear();
    EXPECT_EQ(book.submit(order, out), 0u);
    EXPECT_EQ(out.size(), 1u);
    EXPECT_EQ(book.resting(), 1u);
    return out[0].reject;
  };
  EXPECT_EQ(refused({.account = 2, .side = Side::buy, .tick = 15, .lots = 0}),
            BookReject::bad_quantity);
  EXPECT_EQ(refused({.account = 2, .side = Side::buy, .tick = 21, .lots = 1}),
            BookReject::outside_band);
  EXPECT_EQ(refused({.account = 2,
                     .side = Side::buy,
                     .tick = 15,
                     .lots = 1,
                     .time_in_force = TimeInForce::post_only}),
            BookReject::would_take);
  EXPECT_EQ(refused({.account = 2,
                     .side = Side::buy,
                     .tick = 15,
                     .lots = 6,
                     .time_in_force = TimeInForce::fill_or_kill}),
            BookReject::not_enough);
  EXPECT_EQ(refused({.account = 1,
                     .side = Side::buy,
                     .tick = 15,
                     .lots = 5,
                     .time_in_force = TimeInForce::fill_or_kill}),
            BookReject::not_enough);
}

TEST(MatchBook, reduce_keeps_the_place) {
  MatchBook book({0, 100});
  std::vector<BookEvent> out;
  const OrderId a = book.submit({.account = 1, .side = Side::buy, .tick = 50, .lots = 5}, out);
  book.submit({.account = 2, .side = Side::buy, .tick = 50, .lots = 5}, out);
  EXPECT_TRUE(book.reduce(a, 2, out));
  EXPECT_FALSE(book.reduce(a, 3, out));
  out.clear();
  book.submit({.account = 3, .side = Side::sell, .lots = 3, .market = true}, out);
  EXPECT_EQ(out[0].maker, a);
  EXPECT_EQ(out[0].lots, 2);
  EXPECT_EQ(out[1].lots, 1);
  EXPECT_EQ(book.sweep(Side::sell, 100).lots, 4);
}

}  // namespace
}  // namespace delever::matching
