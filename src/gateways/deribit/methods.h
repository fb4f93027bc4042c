// The methods of public/* and private/*, by name. What is of a connection alone (subscriptions,
// heartbeat, cancel on disconnect) is in channels.h and deribit.cc.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "gateways/deribit/index_past.h"
#include "gateways/deribit/rpc.h"
#include "gateways/deribit/sessions.h"
#include "gateways/deribit/shapes.h"

namespace delever::gateways::deribit {

// Orders that belong to one that is placed.
struct Linked {
  std::vector<OrderRequest> orders;
  bool wait = false;     // until it is filled
  bool exclude = false;  // one of all of them is carried out
  FillCondition fills = FillCondition::first;  // of the one that is placed
};

class Methods {
 public:
  Methods(Desk& desk, const Contracts& contracts, const Shapes& shapes, Sessions& sessions,
          const IndexPast& past)
      : desk_(desk), contracts_(contracts), shapes_(shapes), sessions_(sessions), past_(past) {}

  // Missing: no such method. A private one is only called with Caller::account.
  std::optional<Reply> call(std::string_view method, Caller& caller, const Params& params);
  // Tells of each order that a connection has placed.
  std::function<void(SocketId, uint64_t)> on_placed;
  void end_session();  // asked at each tick

 private:
  using Handler = Reply (Methods::*)(Caller&, const Params&);
  struct Row {
    std::string_view name;
    Handler handler;
  };
  static const Row kPublic[];
  static std::span<const Row> private_rows();

  // public_methods.cc
  Reply auth(Caller&, const Params&);
  Reply time(Caller&, const Params&);
  Reply test(Caller&, const Params&);
  Reply status(Caller&, const Params&);
  Reply coin_names(Caller&, const Params&);
  Reply instruments(Caller&, const Params&);
  Reply instrument(Caller&, const Params&);
  Reply contract_size(Caller&, const Params&);
  Reply ticker(Caller&, const Params&);
  Reply order_book(Caller&, const Params&);
  Reply summaries(Caller&, const Params&);
  Reply last_trades(Caller&, const Params&);
  Reply chart(Caller&, const Params&);
  Reply funding_value(Caller&, const Params&);
  Reply funding_history(Caller&, const Params&);
  Reply funding_chart(Caller&, const Params&);
  Reply index_price(Caller&, const Params&);
  Reply index_names(Caller&, const Params&);
  Reply expirations(Caller&, const Params&);
  Reply volumes(Caller&, const Params&);
  Reply nothing(Caller&, const Params&);

  // past_methods.cc
  Reply historical_volatility(Caller&, const Params&);
  Reply volatility_index(Caller&, const Params&);
  Reply index_chart(Caller&, const Params&);
  Reply mark_history(Caller&, const Params&);
  Reply delivery_prices(Caller&, const Params&);
  Reply last_settlements(Caller&, const Params&);

  // order_methods.cc
  Reply buy(Caller& c, const Params& p) { return place(c, p, Side::buy); }
  Reply sell(Caller& c, const Params& p) { return place(c, p, Side::sell); }
  Reply place(Caller&, const Params&, Side);
  Reply edit(Caller&, const Params&);
  Reply edit_by_label(Caller&, const Params&);
  Reply cancel(Caller&, const Params&);
  Reply cancel_all(Caller&, const Params&);
  Reply cancel_by_label(Caller&, const Params&);
  Reply close_position(Caller&, const Params&);

  // account_methods.cc
  Reply account_summary(Caller&, const Params&);
  Reply account_summaries(Caller&, const Params&);
  Reply position(Caller&, const Params&);
  Reply positions(Caller&, const Params&);
  Reply open_orders(Caller&, const Params&);
  Reply order_state(Caller&, const Params&);
  Reply order_state_by_label(Caller&, const Params&);
  Reply order_history(Caller&, const Params&);
  Reply user_trades(Caller&, const Params&);
  Reply trades_of_order(Caller&, const Params&);
  Reply settlements(Caller&, const Params&);
  Reply transaction_log(Caller&, const Params&);
  Reply margins(Caller&, const Params&);
  Reply order_margins(Caller&, const Params&);
  Reply subaccounts(Caller&, const Params&);
  Reply subaccount_details(Caller&, const Params&);
  Reply keys(Caller&, const Params&);
  Reply locks(Caller&, const Params&);
  Reply no_rows(Caller&, const Params&);
  Reply no_address(Caller&, const Params&);
  Reply log_out(Caller&, const Params&);
  static bool is_for_others(std::string_view method);  // with the prefix

  // The contract that `instrument_name` names; null: `reply` says why not.
  const Contract* contract(const Params& params, Reply& reply) const;
  std::optional<uint32_t> index_of_coin(const Params& params, Reply& reply) const;
  // Of a question that needs both its ends, ms of market time; missing: `reply` says why not.
  struct Window {
    int64_t from, to;
  };
  std::optional<Window> whole_window(const Params& params, Reply& reply) const;
  // Initial margin of so much at a price; missing where no rule has a rate for it.
  std::optional<Amount> margin_of(AccountId account, const Contract& c, Qty qty, Price price,
                                  PositionSide side) const;
  std::optional<Reply> read_prices(const Params& params, const Contract& c,
                                   OrderRequest& request) const;
  std::optional<Reply> read_size(const Params& params, const Contract& c, SubmitOrder& order) const;
  std::optional<Reply> read_lifetime(const Params& params, const Contract& c,
                                     OrderRequest& request) const;
  // Label, size, prices, lifetime.
  std::optional<Reply> read_order(const Params& params, const Contract& c,
                                  OrderRequest& request) const;
  // linked_orders.cc
  std::optional<Reply> read_linked(const Params& params, const Contract& c,
                                   const SubmitOrder& first, Linked& out) const;
  std::optional<Reply> place_linked(AccountId account, uint64_t first, Linked linked,
                                    std::vector<std::string>& ids);
  Reply submit(Caller& caller, const Contract& c, OrderRequest request, Linked linked = {});
  Reply amend(AccountId account, const OrderRecord& order, const Params& params);
  Reply with_trades(AccountId account, const OrderRecord& order, size_t fills_before,
                    const std::vector<std::string>& linked = {}) const;
  std::vector<const OrderRecord*> labelled(AccountId account, const Params& params) const;

  Desk& desk_;
  const Contracts& contracts_;
  const Shapes& shapes_;
  Sessions& sessions_;
  const IndexPast& past_;
  uint64_t links_made_ = 0;
  std::optional<int64_t> session_;  // a number a day
};

// Rows as they are shown, by their time.
using NewestFirst = std::multimap<Instant, std::string, std::greater<>>;
// So many of them at most.
Reply settlement_list(const NewestFirst& rows, size_t count);

// What rows a request asks for.
struct Wanted {
  Wanted(const Params& params, const Desk& desk);
  bool has(Instant at) const { return at.ms() >= from && at.ms() <= to; }
  bool is(const Contract& c) const;
  std::string_view name, coin_name, kind;
  int64_t from = 0, to = INT64_MAX;
  size_t count = 10;
};

// "1" to "720" minutes and "1D".
std::optional<Duration> resolution(std::string_view name);

}  // namespace delever::gateways::deribit
