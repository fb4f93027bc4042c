// What a client asks of an order at Bybit, as what a desk is asked.
#pragma once

#include <optional>

#include "gateways/bybit/codes.h"
#include "gateways/bybit/venue.h"
#include "gateways/parameters.h"

namespace delever::gateways::bybit {

// Take-profit and stop-loss that come with an order or are set on a position.
struct Protection {
  std::optional<Price> take_profit, stop_loss, take_profit_limit, stop_loss_limit;
  std::optional<Qty> take_profit_qty, stop_loss_qty;  // missing: all of it
  WatchedPrice take_profit_by = WatchedPrice::last, stop_loss_by = WatchedPrice::last;
  bool partial = false;
  std::optional<Price> trailing, trailing_from;  // the distance; where it begins
  bool any() const { return take_profit || stop_loss; }
  std::shared_ptr<const AttachedStops> as_attached() const;  // null: none
  // What an amendment names takes the place of what stood; a price of 0 takes it away.
  Protection amended(const Parameters& ask, const Protection& to) const;
};

constexpr std::string_view trigger_name(WatchedPrice price) {
  constexpr std::string_view names[] = {"MarkPrice", "LastPrice", "IndexPrice"};
  return names[static_cast<size_t>(price)];
}

struct AskedOrder {
  OrderRequest request;
  Protection protection;
  std::string trigger_words;  // of a trigger that is due already
};

// Missing: read. The instrument is looked up by `category` and `symbol`.
std::optional<Refusal> read_order(const Venue& venue, AccountId account, const Parameters& ask,
                                  AskedOrder& out);
std::optional<Refusal> read_protection(const Parameters& ask, Protection& out);
std::optional<Refusal> read_product(const Venue& venue, const Parameters& ask, const Product*& out);
// The order that closes a position, or `qty` of it, when its price comes.
OrderRequest protection_order(const Venue& venue, AccountId account, InstrumentId instrument,
                              PositionSide side, const Protection& of, bool take_profit,
                              std::optional<Qty> qty);

// The one that follows the market and closes all of it.
OrderRequest trailing_order(AccountId account, InstrumentId instrument, PositionSide side,
                            const Protection& of);

}  // namespace delever::gateways::bybit
