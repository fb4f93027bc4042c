// What can be asked of Bybit by REST, and of order entry by WebSocket: one handler for each, from
// names and texts to an outcome. Who asks is known by then.
#pragma once

#include <string_view>
#include <vector>

#include "gateways/bybit/account_rows.h"
#include "gateways/bybit/codes.h"
#include "gateways/bybit/protections.h"
#include "gateways/parameters.h"

namespace delever::gateways::bybit {

struct Ask {
  Parameters fields{};
  std::vector<Parameters> rows{};  // of "request", in batches
  AccountId account = 0;           // of signed requests
  std::string_view key{}, path{};
};

// With the fields of a JSON object, and the rows of a batch.
Ask ask_of(const JsonTree& object, Ask who);

class Api {
 public:
  using Handler = Outcome (Api::*)(const Ask& ask);
  struct Route {
    std::string_view method, path;
    Handler handler = nullptr;
    bool is_signed = false;
    uint32_t per_second = 50;  // of one account
  };
  explicit Api(Venue& venue) : venue_(venue), protections(venue) {}
  static const Route* find(std::string_view method, std::string_view path);
  static const std::vector<Route>& routes();
  static std::vector<Route> market_routes();
  static std::vector<Route> account_routes();
  Outcome run(const Route& route, const Ask& ask) { return (this->*route.handler)(ask); }

 private:
  Venue& venue_;

 public:
  Protections protections;

 private:
  // api_market.cc
  Outcome time(const Ask& ask);
  Outcome instruments(const Ask& ask);
  Outcome tickers(const Ask& ask);
  Outcome book(const Ask& ask);
  Outcome recent_trades(const Ask& ask);
  Outcome candles(const Ask& ask);
  Outcome funding_history(const Ask& ask);
  Outcome open_interest(const Ask& ask);
  Outcome account_ratio(const Ask& ask);
  Outcome risk_limits(const Ask& ask);
  Outcome insurance(const Ask& ask);
  Outcome index_components(const Ask& ask);
  Outcome price_limit(const Ask& ask);
  Outcome nothing_listed(const Ask& ask);
  std::vector<const Product*> asked_products(const Ask& ask, Refusal& refusal) const;

  // api_account.cc
  Outcome key_info(const Ask& ask);
  Outcome account_info(const Ask& ask);
  Outcome wallet(const Ask& ask);
  Outcome fee_rates(const Ask& ask);
  Outcome collateral(const Ask& ask);
  Outcome transactions(const Ask& ask);
  Outcome coins(const Ask& ask);
  Outcome coin_balances(const Ask& ask);
  Outcome no_group(const Ask& ask);
  Outcome no_switch(const Ask& ask);
  Outcome no_rows(const Ask& ask);
  Outcome no_members(const Ask& ask);
  Outcome no_protection(const Ask& ask);
  Outcome no_spot_wallet(const Ask& ask);
  Outcome withdrawable(const Ask& ask);

  // api_positions.cc
  Outcome positions(const Ask& ask);
  Outcome closed_positions(const Ask& ask);
  Outcome set_leverage(const Ask& ask);
  Outcome switch_mode(const Ask& ask);
  Outcome set_margin_mode(const Ask& ask);
  Outcome switch_isolated(const Ask& ask);
  Outcome add_margin(const Ask& ask);
  Outcome trading_stop(const Ask& ask);
  Outcome accepted(const Ask& ask);  // settings that change nothing here

  // api_orders.cc
  Outcome create(const Ask& ask);
  Outcome amend(const Ask& ask);
  Outcome cancel(const Ask& ask);
  Outcome cancel_all(const Ask& ask);
  Outcome create_batch(const Ask& ask);
  Outcome amend_batch(const Ask& ask);
  Outcome cancel_batch(const Ask& ask);
  Outcome orders_now(const Ask& ask);
  Outcome order_history(const Ask& ask);
  Outcome executions(const Ask& ask);
  Outcome batch(const Ask& ask, Outcome (Api::*one)(const Ask&));
  const OrderRecord* find_order(const Ask& ask) const;

  // pre_check.cc
  Outcome pre_check(const Ask& ask);
  uint64_t pre_checked_ = 0;
};

}  // namespace delever::gateways::bybit
