// What can be asked of OKX by REST, and of order entry by WebSocket: one handler for each, from
// names and texts to rows. Who asks is known by then.
#pragma once

#include <string_view>
#include <vector>

#include "gateways/json_text.h"
#include "gateways/okx/account_rows.h"
#include "gateways/okx/order_request.h"

namespace delever::gateways::okx {

struct Ask {
  Parameters fields{};                 // of the query, or of the one object of the body
  std::vector<Parameters> rows{};      // of a body that is a list; of an object: that one
  std::vector<std::vector<Parameters>> attached{};  // attachAlgoOrds, row by row
  AccountId account = 0;               // of signed requests
  std::string_view path{};
  // After it new orders and amendments are refused: the client no longer wants them.
  std::optional<Instant> good_until{};
};
Ask ask_of(const JsonTree& body, Ask who);
// expTime in milliseconds; missing: for ever.
std::optional<Instant> good_until(std::string_view text);

class Api {
 public:
  using Handler = Outcome (Api::*)(const Ask& ask);
  struct Route {
    std::string_view method, path;
    Handler handler = nullptr;
    bool is_signed = false;
    uint32_t per_two_seconds = 20;
  };
  explicit Api(Venue& venue) : venue_(venue), algos(venue) {}
  static const Route* find(std::string_view method, std::string_view path);
  static const std::vector<Route>& routes();
  Outcome run(const Route& route, const Ask& ask) { return (this->*route.handler)(ask); }
  // Dead man's switches that have run out.
  void tick();

  // Of WebSocket order entry: "order", "batch-cancel-orders", ...
  static const Route* route_of_op(std::string_view op);

 private:
  Venue& venue_;

 public:
  Algos algos;

 private:
  static std::vector<Route> public_routes();
  static std::vector<Route> private_routes();
  template <class Rows, class Write>
  static Outcome rows_of(const Rows& rows, Write write) {
    Outcome out;
    out.rows.clear();
    append_list(out.rows, rows, [&](const auto& each) { write(out.rows, each); });
    return out;
  }
  // api_market.cc
  Outcome time(const Ask& ask);
  Outcome instruments(const Ask& ask);
  Outcome ticker(const Ask& ask);
  Outcome tickers(const Ask& ask);
  Outcome book(const Ask& ask);
  Outcome trades(const Ask& ask);
  Outcome candles(const Ask& ask);
  Outcome price_candles(const Ask& ask);
  Outcome index_tickers(const Ask& ask);
  Outcome index_components(const Ask& ask);
  Outcome nothing(const Ask& ask);
  // api_public.cc
  Outcome funding(const Ask& ask);
  Outcome funding_history(const Ask& ask);
  Outcome open_interest(const Ask& ask);
  Outcome marks(const Ask& ask);
  Outcome price_limit(const Ask& ask);
  Outcome tiers(const Ask& ask);
  Outcome liquidations(const Ask& ask);
  Outcome insurance(const Ask& ask);
  Outcome discounts(const Ask& ask);
  Outcome underlyings(const Ask& ask);
  std::vector<const Product*> asked_products(const Ask& ask) const;
  const Product* indexed_product(std::string_view inst_id) const;

  // api_past.cc
  Outcome open_interest_past(const Ask& ask);
  Outcome long_short(const Ask& ask);
  Outcome taker_volume(const Ask& ask);
  Outcome interest_and_volume(const Ask& ask);
  Outcome supported_coins(const Ask& ask);
  Outcome convert_contract(const Ask& ask);
  Outcome platform_volume(const Ask& ask);
  Outcome premiums(const Ask& ask);
  const Product* perpetual_of(std::string_view coin) const;
  std::optional<Refusal> read_subject(const Ask& ask, const Product*& out) const;

  // api_account.cc
  Outcome coins(const Ask& ask);
  Outcome balance(const Ask& ask);
  Outcome config(const Ask& ask);
  Outcome bills(const Ask& ask);
  Outcome trade_fee(const Ask& ask);
  Outcome max_withdrawal(const Ask& ask);
  Outcome valuation(const Ask& ask);
  Outcome account_risk(const Ask& ask);
  Outcome of_other_levels(const Ask& ask);
  Outcome of_no_level(const Ask& ask);
  Outcome set_account_level(const Ask& ask);
  Outcome echo_setting(const Ask& ask);
  Outcome rate_limit(const Ask& ask);
  // api_positions.cc
  Outcome positions(const Ask& ask);
  Outcome position_history(const Ask& ask);
  Outcome set_position_mode(const Ask& ask);
  Outcome set_leverage(const Ask& ask);
  Outcome leverage_info(const Ask& ask);
  Outcome margin_balance(const Ask& ask);
  Outcome max_size(const Ask& ask);
  Outcome max_available(const Ask& ask);
  Outcome close_position(const Ask& ask);

  // api_orders.cc
  Outcome place(const Ask& ask);
  Outcome cancel(const Ask& ask);
  Outcome amend(const Ask& ask);
  Outcome cancel_all_after(const Ask& ask);
  Outcome place_algo(const Ask& ask);
  Outcome cancel_algos(const Ask& ask);
  Outcome amend_algos(const Ask& ask);
  // api_lists.cc
  Outcome order(const Ask& ask);
  Outcome orders_pending(const Ask& ask);
  Outcome order_history(const Ask& ask);
  Outcome fills(const Ask& ask);
  Outcome algo(const Ask& ask);
  Outcome algos_pending(const Ask& ask);
  Outcome algo_history(const Ask& ask);

  Refusal place_one(const Ask& ask, const Parameters& row, const std::vector<Parameters>& attached,
                    const OrderRecord*& made);
  const OrderRecord* find_order(AccountId account, const Parameters& row) const;

  std::map<AccountId, Instant> cancel_at_;
};

}  // namespace delever::gateways::okx
