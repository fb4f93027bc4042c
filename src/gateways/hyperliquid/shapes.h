// Each JSON shape of Hyperliquid in one place: rows of orders, fills, payments, the market and the
// account, as POST /info and the socket both send them. Members are written into an object or
// array that the caller has opened.
#pragma once

#include <string>
#include <string_view>

#include "gateways/hyperliquid/universe.h"
#include "gateways/json_writer.h"

namespace delever::gateways::hyperliquid {

// How an order of this gateway is kept in OrderRecord::tag.
struct OrderTag {
  std::string price;  // the limit price of a trigger order, as sent
  bool position_tpsl = false;
  uint64_t twap = 0;    // it is a slice of that one; 0: of none
  std::string builder;  // the address of whoever brought it; empty: nobody
  std::string text() const;
  static OrderTag parse(std::string_view tag);
};

// The JSON that `write` writes into an empty writer.
template <class Write>
std::string written(Write write) {
  JsonWriter w;
  write(w);
  return w.take();
}

class Shapes {
 public:
  Shapes(const Desk& desk, const Universe& universe) : desk_(desk), universe_(universe) {}

  // ---- the market
  void meta(JsonWriter& w) const;
  void spot_meta(JsonWriter& w) const;
  void context(JsonWriter& w, const Asset& asset) const;
  void contexts(JsonWriter& w) const;       // of the perpetuals, in their order
  void spot_contexts(JsonWriter& w) const;  // of the pairs
  void mids(JsonWriter& w) const;
  struct BookView {
    size_t levels = 20;
    int figures = 0;   // 0: all
    int mantissa = 1;  // of the last figure: 1, 2 or 5
  };
  void book(JsonWriter& w, const Asset& asset, const BookView& view) const;
  void best(JsonWriter& w, const Asset& asset) const;  // channel bbo
  void trade(JsonWriter& w, const Asset& asset, const PublicTrade& trade) const;
  void candle(JsonWriter& w, const Asset& asset, std::string_view interval, CandleLength length,
              const Candle& candle) const;
  void funding(JsonWriter& w, const Asset& asset, const FundingRecord& row) const;
  std::string mid(const Asset& asset) const;  // empty: a side of the book is

  // ---- accounts; missing account: zeros
  void clearinghouse(JsonWriter& w, std::optional<AccountId> account) const;
  Amount equity(AccountId account) const;  // of the perpetuals' wallet
  void spot_state(JsonWriter& w, std::optional<AccountId> account) const;
  void active_asset(JsonWriter& w, AccountId account, std::string_view user,
                    const Asset& asset) const;
  void fees(JsonWriter& w, std::optional<AccountId> account) const;
  void order(JsonWriter& w, const OrderRecord& order) const;          // openOrders
  void order_in_full(JsonWriter& w, const OrderRecord& order) const;  // frontendOpenOrders
  void order_with_status(JsonWriter& w, const OrderRecord& order) const;
  static std::string_view status(const OrderRecord& order);
  // The vault's takeovers and deleveraging are fills of no order, as there.
  static bool shown(const OrderRecord& order) {
    return !order.forced || order.forced_by == ForcedClose::How::order;
  }
  void fill(JsonWriter& w, const FillRecord& fill, Qty before, Side before_side) const;
  void funding_paid(JsonWriter& w, const MoneyRecord& row) const;
  void ledger(JsonWriter& w, const MoneyRecord& row) const;
  void liquidated(JsonWriter& w, const ForcedClose& row) const;

  const Desk& desk() const { return desk_; }
  const Universe& universe() const { return universe_; }

 private:
  void position(JsonWriter& w, AccountId account, const Asset& asset,
                const exchange::PositionView& p) const;
  void leverage(JsonWriter& w, AccountId account, const Asset& asset,
                const exchange::PositionView* p) const;
  void margin_summary(JsonWriter& w, std::string_view key, AccountId account,
                      bool cross_alone) const;
  Amount value_at_mark(const exchange::PositionView& p) const;
  Amount margin_used(AccountId account, const exchange::PositionView& p) const;

  const Desk& desk_;
  const Universe& universe_;
};

}  // namespace delever::gateways::hyperliquid
