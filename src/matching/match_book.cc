#include "matching/match_book.h"

#include <algorithm>

namespace delever::matching {
namespace {

// A level takes 24 bytes: the largest book stands at 400 MB.
constexpr int64_t kLevelsMax = int64_t{1} << 24;

BookEvent rejected(const MatchBook::NewOrder& order, BookReject why) {
  return {.kind = BookEvent::Kind::rejected,
          .taker_side = order.side,
          .reject = why,
          .tick = order.tick,
          .lots = order.lots,
          .account = order.account};
}

}  // namespace

MatchBook::MatchBook(Band band) : band_(band) {
  const int64_t count = int64_t{band.highest} - band.lowest + 1;
  CHECK(count > 0 && count <= kLevelsMax);
  size_ = static_cast<int32_t>(count);
  best_ask_ = size_;
  levels_.reset(static_cast<size_t>(size_));
  bids_.resize(size_);
  asks_.resize(size_);
}

// An id is a slot and the generation of its use, odd while an order stands there. A slot that is
// used again has another generation, so that a late cancel never hits a stranger's order.
uint32_t MatchBook::slot_of(OrderId id) const {
  const auto slot = static_cast<uint32_t>(id);
  const auto generation = static_cast<uint32_t>(id >> 32);
  if (slot >= orders_.size() || (generation & 1) == 0 || orders_[slot].generation != generation)
    return kNone;
  return slot;
}

// At the end of its level's queue. The first order of a level is what makes the level known to the
// bitmap and, where it is better, to the best price.
OrderId MatchBook::rest(const NewOrder& order, int32_t at, Lots lots, std::vector<BookEvent>& out) {
  uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(orders_.size());
    orders_.push_back({});
    orders_.back().generation = 0;
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Level& level = levels_[static_cast<size_t>(at)];
  // Field by field: made as a whole it is put together on the stack and copied.
  const uint32_t last = level.last;
  Order& o = orders_[slot];
  o.lots = lots;
  o.next = kNone;
  o.previous = last;
  ++o.generation;
  o.account = order.account;
  o.level = at;
  o.side = order.side;
  o.guarded = order.guarded;
  if (last == kNone) {
    level.first = slot;
    if (order.side == Side::buy) {
      bids_.set(at);
      best_bid_ = std::max(best_bid_, at);
    } else {
      asks_.set(at);
      best_ask_ = std::min(best_ask_, at);
    }
  } else {
    orders_[last].next = slot;
  }
  level.last = slot;
  level.lots += lots;
  ++level.count;
  ++resting_;
  const OrderId id = id_of(slot);
  out.push_back({.kind = BookEvent::Kind::rested,
                 .taker_side = order.side,
                 .tick = band_.lowest + at,
                 .lots = lots,
                 .order = id,
                 .account = order.account});
  return id;
}

// Takes an order off, from anywhere in its queue. The best price is looked for anew only when its
// own level has emptied: the bitmap finds the next one in three steps, however far away it is.
void MatchBook::unlink(uint32_t slot) {
  Order& o = orders_[slot];
  Level& level = levels_[static_cast<size_t>(o.level)];
  level.lots -= o.lots;
  --level.count;
  if (o.previous == kNone)
    level.first = o.next;
  else
    orders_[o.previous].next = o.next;
  if (o.next == kNone)
    level.last = o.previous;
  else
    orders_[o.next].previous = o.previous;
  if (level.first == kNone) {
    if (o.side == Side::buy) {
      bids_.clear(o.level);
      if (o.level == best_bid_) best_bid_ = bids_.previous(o.level);
    } else {
      asks_.clear(o.level);
      if (o.level == best_ask_) {
        best_ask_ = asks_.next(o.level);
        if (best_ask_ < 0) best_ask_ = size_;
      }
    }
  }
  ++o.generation;
  free_.push_back(slot);
  --resting_;
}

// Takes from the other side until the limit, the quantity, or self-trade prevention ends it;
// returns what is left.
template <Side kSide>
Lots MatchBook::match(const NewOrder& order, int32_t limit, std::vector<BookEvent>& out) {
  Lots left = order.lots;
  for (;;) {
    const int32_t at = kSide == Side::buy ? best_ask_ : best_bid_;
    const bool reaches = kSide == Side::buy ? at <= limit && at < size_ : at >= limit && at >= 0;
    if (!reaches || left == 0) return left;
    const uint32_t slot = levels_[static_cast<size_t>(at)].first;
    Order& maker = orders_[slot];
    // The two orders of one account: which of them goes is the taker's choice.
    if (maker.account == order.account && order.self_trade != SelfTrade::allow) {
      if (order.self_trade != SelfTrade::expire_taker) {
        out.push_back({.kind = BookEvent::Kind::expired,
                       .taker_side = maker.side,
                       .tick = band_.lowest + at,
                       .lots = maker.lots,
                       .order = id_of(slot),
                       .account = maker.account});
        unlink(slot);
      }
      if (order.self_trade == SelfTrade::expire_maker) continue;
      out.push_back({.kind = BookEvent::Kind::expired,
                     .taker_side = kSide,
                     .tick = order.tick,
                     .lots = left,
                     .account = order.account});
      return 0;
    }
    // Not an end of the order: whoever owns the book settles the maker and submits the rest again.
    if (maker.guarded) {
      out.push_back({.kind = BookEvent::Kind::guarded,
                     .taker_side = kSide,
                     .tick = band_.lowest + at,
                     .lots = left,
                     .maker = id_of(slot),
                     .account = order.account,
                     .maker_account = maker.account,
                     .maker_left = maker.lots});
      return 0;
    }
    const Lots traded = std::min(left, maker.lots);
    left -= traded;
    out.push_back({.kind = BookEvent::Kind::fill,
                   .taker_side = kSide,
                   .tick = band_.lowest + at,
                   .lots = traded,
                   .maker = id_of(slot),
                   .account = order.account,
                   .maker_account = maker.account,
                   .maker_left = maker.lots - traded});
    if (traded == maker.lots) {
      unlink(slot);
    } else {
      maker.lots -= traded;
      levels_[static_cast<size_t>(at)].lots -= traded;
    }
  }
}

OrderId MatchBook::submit(const NewOrder& order, std::vector<BookEvent>& out) {
  const auto refuse = [&](BookReject why) {
    out.push_back(rejected(order, why));
    return OrderId{0};
  };
  if (order.lots <= 0) return refuse(BookReject::bad_quantity);
  if (!order.market && (order.tick < band_.lowest || order.tick > band_.highest))
    return refuse(BookReject::outside_band);
  const bool buy = order.side == Side::buy;
  // A market order is a limit order at the far end of the band.
  const int32_t level = order.market ? (buy ? size_ - 1 : 0) : (order.tick - band_.lowest).raw();
  const bool crosses = buy ? best_ask_ <= level : best_bid_ >= level && best_bid_ >= 0;
  if (order.time_in_force == TimeInForce::post_only && (crosses || order.market))
    return refuse(BookReject::would_take);
  if (order.time_in_force == TimeInForce::fill_or_kill && available(order) < order.lots)
    return refuse(BookReject::not_enough);
  Lots left = order.lots;
  if (crosses)
    left = buy ? match<Side::buy>(order, level, out) : match<Side::sell>(order, level, out);
  if (left == 0) return 0;
  if (!order.market && order.time_in_force != TimeInForce::immediate_or_cancel &&
      order.time_in_force != TimeInForce::fill_or_kill)
    return rest(order, level, left, out);
  out.push_back({.kind = BookEvent::Kind::expired,
                 .taker_side = order.side,
                 .tick = order.tick,
                 .lots = left,
                 .account = order.account});
  return 0;
}

bool MatchBook::cancel(OrderId id, std::vector<BookEvent>& out) {
  const uint32_t slot = slot_of(id);
  if (slot == kNone) {
    out.push_back(
        {.kind = BookEvent::Kind::rejected, .reject = BookReject::unknown_order, .order = id});
    return false;
  }
  const Order& o = orders_[slot];
  out.push_back({.kind = BookEvent::Kind::cancelled,
                 .taker_side = o.side,
                 .tick = band_.lowest + o.level,
                 .lots = o.lots,
                 .order = id,
                 .account = o.account});
  unlink(slot);
  return true;
}

bool MatchBook::reduce(OrderId id, Lots lots, std::vector<BookEvent>& out) {
  const uint32_t slot = slot_of(id);
  if (slot == kNone || lots <= 0 || lots >= orders_[slot].lots) {
    const BookReject why = slot == kNone ? BookReject::unknown_order : BookReject::bad_quantity;
    out.push_back({.kind = BookEvent::Kind::rejected, .reject = why, .lots = lots, .order = id});
    return false;
  }
  Order& o = orders_[slot];
  levels_[static_cast<size_t>(o.level)].lots -= o.lots - lots;
  o.lots = lots;
  out.push_back({.kind = BookEvent::Kind::rested,
                 .taker_side = o.side,
                 .tick = band_.lowest + o.level,
                 .lots = lots,
                 .order = id,
                 .account = o.account});
  return true;
}

void MatchBook::guard(OrderId id, bool on) {
  const uint32_t slot = slot_of(id);
  CHECK(slot != kNone);
  orders_[slot].guarded = on;
}

// Levels, bitmaps and best prices from the orders alone, as they come out of a snapshot. False
// where the orders' links do not make queues: a snapshot comes from outside.
bool MatchBook::rebuild() {
  levels_.reset(static_cast<size_t>(size_));
  bids_.resize(size_);
  asks_.resize(size_);
  best_bid_ = -1;
  best_ask_ = size_;
  resting_ = 0;
  const auto resting = [this](uint32_t slot) {
    return slot < orders_.size() && (orders_[slot].generation & 1) != 0;
  };
  for (uint32_t slot = 0; slot < orders_.size(); ++slot) {
    const Order& o = orders_[slot];
    if (!resting(slot)) continue;
    if (o.level < 0 || o.level >= size_ || o.lots <= 0 || o.side > Side::sell) return false;
    if (o.next != kNone &&
        (!resting(o.next) || orders_[o.next].previous != slot || orders_[o.next].level != o.level))
      return false;
    if (o.previous != kNone && (!resting(o.previous) || orders_[o.previous].next != slot))
      return false;
    Level& level = levels_[static_cast<size_t>(o.level)];
    if ((o.previous == kNone && level.first != kNone) || (o.next == kNone && level.last != kNone))
      return false;
    if (o.previous == kNone) level.first = slot;
    if (o.next == kNone) level.last = slot;
    level.lots += o.lots;
    ++level.count;
    ++resting_;
    (o.side == Side::buy ? bids_ : asks_).set(o.level);
    if (o.side == Side::buy)
      best_bid_ = std::max(best_bid_, o.level);
    else
      best_ask_ = std::min(best_ask_, o.level);
  }
  // Every slot is in use or free, and none is both.
  for (const uint32_t slot : free_) {
    if (slot >= orders_.size() || resting(slot)) return false;
  }
  return best_bid_ < best_ask_ && resting_ + free_.size() == orders_.size();
}

bool MatchBook::find(OrderId id, Resting& out) const {
  const uint32_t slot = slot_of(id);
  if (slot == kNone) return false;
  const Order& o = orders_[slot];
  out = {o.account, o.side, band_.lowest + o.level, o.lots};
  return true;
}

MatchBook::Sweep MatchBook::sweep(Side taker, Lots lots) const {
  Sweep total;
  levels(taker == Side::buy ? Side::sell : Side::buy, [&](Tick tick, Lots at_level, uint32_t) {
    const Lots traded = std::min<Lots>(lots - total.lots, at_level);
    total.lots += traded;
    total.lots_ticks += static_cast<Wide>(traded) * tick;
    return total.lots < lots;
  });
  return total;
}

MatchBook::Sweep MatchBook::sweep(const NewOrder& order) const {
  if (order.self_trade != SelfTrade::expire_maker) return sweep(order.side, order.lots);
  Sweep total;
  orders(order.side == Side::buy ? Side::sell : Side::buy, [&](OrderId, const Resting& maker) {
    if (maker.account == order.account) return true;
    const Lots traded = std::min<Lots>(order.lots - total.lots, maker.lots);
    total.lots += traded;
    total.lots_ticks += static_cast<Wide>(traded) * maker.tick;
    return total.lots < order.lots;
  });
  return total;
}

Lots MatchBook::available(const NewOrder& order) const {
  const bool buy = order.side == Side::buy;
  Lots found = 0;
  orders(buy ? Side::sell : Side::buy, [&](OrderId id, const Resting& maker) {
    if (!order.market && (buy ? maker.tick > order.tick : maker.tick < order.tick)) return false;
    if (maker.account == order.account && order.self_trade != SelfTrade::allow)
      return order.self_trade ==
             SelfTrade::expire_maker;  // its own orders go and the next is met, or it ends here
    if (!orders_[static_cast<uint32_t>(id)].guarded)
      found += std::min<Lots>(maker.lots, order.lots - found);
    return found < order.lots;
  });
  return found;
}

}  // namespace delever::matching
