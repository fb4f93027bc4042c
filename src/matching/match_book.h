// MatchBook: one instrument's orders, matched by price, then time. Commands in, a list of what
// happened out. It knows prices in ticks and quantities in lots, nothing of accounts beyond their
// number (self-trade prevention), money or time.
//
// Levels stand in an array over the band of ticks that may be quoted, with a bitmap of three
// storeys that finds the next level in three steps; orders stand in a pool and hang in their
// level's list. Nothing is allocated once the pool has grown to the largest number of resting
// orders.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bitmap.h"
#include "base/check.h"
#include "market/account.h"
#include "market/event.h"
#include "market/order.h"
#include "matching/zero_pages.h"

namespace delever::matching {

enum class BookReject : uint8_t {
  none,
  outside_band,
  would_take,
  not_enough,
  unknown_order,
  bad_quantity
};

struct BookEvent {
  // guarded: matching stopped before `maker`, whose owner must be asked first; `lots` of the taker
  // are left.
  enum class Kind : uint8_t { rested, fill, cancelled, expired, rejected, guarded };
  Kind kind = Kind::rested;
  Side taker_side = Side::buy;  // of the order that acted
  BookReject reject = BookReject::none;
  Tick tick = 0;                // fill: the resting order's price
  Lots lots = 0;                // fill: traded; rested, cancelled, expired: what was left
  OrderId order = 0;            // the acting order (0 when it never rested), or the one cancelled
  OrderId maker = 0;            // fill: the resting order
  AccountId account = 0;        // owner of `order`
  AccountId maker_account = 0;  // fill: owner of `maker`
  Lots maker_left = 0;          // fill: what remains of the maker; 0 takes it off the book
};

class MatchBook {
 public:
  struct NewOrder {
    AccountId account = 0;
    Side side = Side::buy;
    Tick tick = 0;  // ignored when market
    Lots lots = 0;
    bool market = false;  // takes what there is; the rest is gone
    TimeInForce time_in_force = TimeInForce::good_till_cancelled;
    SelfTrade self_trade = SelfTrade::expire_taker;
    // When it rests, nothing trades with it until guard(id, false): how much of a reduce-only order
    // may trade depends on fills that the owner of the book has yet to book.
    bool guarded = false;
  };

  // Ticks from `lowest` to `highest` may be quoted, at most 2^24 of them.
  struct Band {
    Tick lowest, highest;
  };
  explicit MatchBook(Band band);

  // Each appends to `out` what it did; a rejected command appends one `rejected` and changes
  // nothing. submit returns the id under which the rest stands in the book, 0 when nothing rests.
  OrderId submit(const NewOrder& order, std::vector<BookEvent>& out);
  bool cancel(OrderId id, std::vector<BookEvent>& out);
  // Less of it, at its place in the queue; `lots` is what shall remain.
  bool reduce(OrderId id, Lots lots, std::vector<BookEvent>& out);
  void guard(OrderId id, bool on);  // of a resting order

  struct Resting {
    AccountId account;
    Side side;
    Tick tick;
    Lots lots;
  };
  bool find(OrderId id, Resting& out) const;
  bool has_bids() const { return best_bid_ >= 0; }
  bool has_asks() const { return best_ask_ < size_; }
  Tick best_bid() const {
    CHECK(has_bids());
    return band_.lowest + best_bid_;
  }
  Tick best_ask() const {
    CHECK(has_asks());
    return band_.lowest + best_ask_;
  }
  size_t resting() const { return resting_; }

  // What a market order of `lots` would trade: lots and the sum of lots x tick. For margin checks
  // and impact prices.
  struct Sweep {
    Lots lots = 0;
    __extension__ __int128 lots_ticks = 0;
  };
  Sweep sweep(Side taker, Lots lots) const;
  // The same for this order at any price: where its own account's resting orders give way, what
  // stands behind them is met. Where they end it instead, no less than what it would trade.
  Sweep sweep(const NewOrder& order) const;
  // Lots that this order could trade at once, at its limit or better, as far as its self-trade rule
  // lets it go, guarded orders not counted; counts no further than the order's own size.
  Lots available(const NewOrder& order) const;

  // Visits levels from the best outwards: f(tick, lots, orders) until it returns false.
  template <class F>
  void levels(Side side, F f) const;
  Band band() const { return band_; }
  // Saves or restores everything, ids to come included: a(value&) for each field, as
  // exchange/archive.h does.
  template <class Archive>
  void archive(Archive& a);
  // Visits the orders of one side, best first, in queue order: f(id, Resting) until it returns
  // false.
  template <class F>
  void orders(Side side, F f) const;

 private:
  static constexpr uint32_t kNone = ~0u;
  struct Order {
    Lots lots;
    uint32_t next, previous;  // in the level's queue
    uint32_t generation;      // even: free; odd: resting
    AccountId account;
    int32_t level;
    Side side;
    bool guarded;
  };
  // A slot, kNone where its bytes are zero: so that a level that nobody has quoted is a page that
  // nobody has touched.
  struct Link {
    uint32_t complement = 0;
    operator uint32_t() const { return ~complement; }
    void operator=(uint32_t slot) { complement = ~slot; }
  };
  struct Level {
    Lots lots = 0;
    Link first, last;
    uint32_t count = 0;
  };
  OrderId id_of(uint32_t slot) const {
    return static_cast<OrderId>(orders_[slot].generation) << 32 | slot;
  }
  uint32_t slot_of(OrderId id) const;
  OrderId rest(const NewOrder& order, int32_t level, Lots lots, std::vector<BookEvent>& out);
  void unlink(uint32_t slot);
  bool rebuild();  // levels and bitmaps from the orders; false when these contradict each other
  template <Side kSide>
  Lots match(const NewOrder& order, int32_t limit, std::vector<BookEvent>& out);

  Band band_;
  int32_t size_ = 0;
  int32_t best_bid_ = -1, best_ask_ = 0;  // level indices; -1 and size_ when empty
  ZeroPages<Level> levels_;
  LevelBitmap bids_, asks_;
  std::vector<Order> orders_;
  std::vector<uint32_t> free_;
  size_t resting_ = 0;
};

template <class Archive>
void MatchBook::archive(Archive& a) {
  a.sequence(orders_, [&a](Order& o) {
    a(o.lots), a(o.next), a(o.previous), a(o.generation), a(o.account), a(o.level), a(o.side),
        a(o.guarded);
  });
  a.sequence(free_, [&a](uint32_t& slot) { a(slot); });
  if constexpr (Archive::kLoading) {
    if (!rebuild()) a.fail("the book's queues do not hang together");
  }
}

template <class F>
void MatchBook::levels(Side side, F f) const {
  int32_t i = side == Side::buy ? best_bid_ : best_ask_;
  while (i >= 0 && i < size_) {
    const Level& level = levels_[static_cast<size_t>(i)];
    if (!f(band_.lowest + i, level.lots, level.count)) return;
    i = side == Side::buy ? bids_.previous(i - 1) : asks_.next(i + 1);
  }
}

template <class F>
void MatchBook::orders(Side side, F f) const {
  int32_t i = side == Side::buy ? best_bid_ : best_ask_;
  while (i >= 0 && i < size_) {
    for (uint32_t s = levels_[static_cast<size_t>(i)].first; s != kNone; s = orders_[s].next) {
      if (!f(id_of(s), Resting{orders_[s].account, side, band_.lowest + i, orders_[s].lots}))
        return;
    }
    i = side == Side::buy ? bids_.previous(i - 1) : asks_.next(i + 1);
  }
}

}  // namespace delever::matching
