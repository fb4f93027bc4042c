// The table of what can be asked. Limits of requests a second are those of an account without a
// volume tier: https://bybit-exchange.github.io/docs/v5/rate-limit
#include "gateways/bybit/api.h"

#include <unordered_map>

namespace delever::gateways::bybit {

Ask ask_of(const JsonTree& object, Ask who) {
  who.fields = Parameters::of_object(object);
  for (const JsonTree& row : object["request"].items())
    who.rows.push_back(Parameters::of_object(row));
  return who;
}

std::vector<Api::Route> Api::market_routes() {
  return {
      {"GET", "/v5/market/time", &Api::time},
      {"GET", "/v5/market/instruments-info", &Api::instruments},
      {"GET", "/v5/market/tickers", &Api::tickers},
      {"GET", "/v5/market/orderbook", &Api::book},
      {"GET", "/v5/market/recent-trade", &Api::recent_trades},
      {"GET", "/v5/market/kline", &Api::candles},
      {"GET", "/v5/market/mark-price-kline", &Api::candles},
      {"GET", "/v5/market/index-price-kline", &Api::candles},
      {"GET", "/v5/market/premium-index-price-kline", &Api::candles},
      {"GET", "/v5/market/funding/history", &Api::funding_history},
      {"GET", "/v5/market/open-interest", &Api::open_interest},
      {"GET", "/v5/market/risk-limit", &Api::risk_limits},
      {"GET", "/v5/market/insurance", &Api::insurance},
      {"GET", "/v5/market/index-price-components", &Api::index_components},
      {"GET", "/v5/market/price-limit", &Api::price_limit},
      {"GET", "/v5/market/historical-volatility", &Api::nothing_listed},
      {"GET", "/v5/market/delivery-price", &Api::nothing_listed},
      {"GET", "/v5/market/new-delivery-price", &Api::nothing_listed},
      {"GET", "/v5/market/rpi_orderbook", &Api::book},
      {"GET", "/v5/market/account-ratio", &Api::account_ratio},
      {"GET", "/v5/market/adlAlert", &Api::nothing_listed},
  };
}

const std::vector<Api::Route>& Api::routes() {
  static const auto kRoutes = [] {
    std::vector<Route> all = market_routes();
    const std::vector<Route> own = account_routes();
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }();
  return kRoutes;
}

std::vector<Api::Route> Api::account_routes() {
  return {
      {"GET", "/v5/announcements/index", &Api::nothing_listed},
      {"GET", "/v5/system/status", &Api::nothing_listed},
      {"GET", "/v5/user/query-api", &Api::key_info, true, 10},
      {"GET", "/v5/account/info", &Api::account_info, true, 50},
      {"GET", "/v5/account/wallet-balance", &Api::wallet, true, 50},
      {"GET", "/v5/account/fee-rate", &Api::fee_rates, true, 10},
      {"GET", "/v5/account/transaction-log", &Api::transactions, true, 50},
      {"GET", "/v5/account/borrow-history", &Api::nothing_listed, true, 50},
      {"GET", "/v5/account/collateral-info", &Api::collateral, true, 50},
      {"GET", "/v5/account/withdrawal", &Api::withdrawable, true, 50},
      {"GET", "/v5/account/instruments-info", &Api::instruments, true, 50},
      {"GET", "/v5/account/smp-group", &Api::no_group, true, 50},
      {"GET", "/v5/account/query-dcp-info", &Api::no_switch, true, 50},
      {"GET", "/v5/account/mmp-state", &Api::no_protection, true, 50},
      {"GET", "/v5/asset/transfer/query-asset-info", &Api::no_spot_wallet, true, 60},
      {"GET", "/v5/asset/coin-greeks", &Api::nothing_listed, true, 50},
      {"GET", "/v5/asset/delivery-record", &Api::nothing_listed, true, 50},
      {"GET", "/v5/asset/settlement-record", &Api::nothing_listed, true, 50},
      {"GET", "/v5/asset/deposit/query-record", &Api::no_rows, true, 5},
      {"GET", "/v5/asset/withdraw/query-record", &Api::no_rows, true, 5},
      {"GET", "/v5/asset/transfer/query-inter-transfer-list", &Api::nothing_listed, true, 5},
      {"GET", "/v5/user/query-sub-members", &Api::no_members, true, 10},
      {"GET", "/v5/position/get-closed-positions", &Api::nothing_listed, true, 10},
      {"GET", "/v5/position/move-history", &Api::nothing_listed, true, 10},
      {"GET", "/v5/asset/coin/query-info", &Api::coins, true, 5},
      {"GET", "/v5/asset/transfer/query-account-coins-balance", &Api::coin_balances, true, 5},
      {"GET", "/v5/asset/transfer/query-account-coin-balance", &Api::coin_balances, true, 5},
      {"POST", "/v5/account/set-margin-mode", &Api::set_margin_mode, true, 5},
      {"POST", "/v5/account/set-hedging-mode", &Api::accepted, true, 5},
      {"GET", "/v5/position/list", &Api::positions, true, 50},
      {"GET", "/v5/position/closed-pnl", &Api::closed_positions, true, 50},
      {"POST", "/v5/position/set-leverage", &Api::set_leverage, true, 10},
      {"POST", "/v5/position/switch-mode", &Api::switch_mode, true, 10},
      {"POST", "/v5/position/switch-isolated", &Api::switch_isolated, true, 10},
      {"POST", "/v5/position/add-margin", &Api::add_margin, true, 10},
      {"POST", "/v5/position/trading-stop", &Api::trading_stop, true, 10},
      {"POST", "/v5/position/set-auto-add-margin", &Api::switch_isolated, true, 10},
      {"POST", "/v5/position/set-tpsl-mode", &Api::accepted, true, 10},
      {"POST", "/v5/position/set-risk-limit", &Api::accepted, true, 10},
      {"POST", "/v5/position/confirm-pending-mmr", &Api::accepted, true, 10},
      {"POST", "/v5/order/create", &Api::create, true, 10},
      {"POST", "/v5/order/amend", &Api::amend, true, 10},
      {"POST", "/v5/order/cancel", &Api::cancel, true, 10},
      {"POST", "/v5/order/cancel-all", &Api::cancel_all, true, 10},
      {"POST", "/v5/order/create-batch", &Api::create_batch, true, 10},
      {"POST", "/v5/order/amend-batch", &Api::amend_batch, true, 10},
      {"POST", "/v5/order/cancel-batch", &Api::cancel_batch, true, 10},
      {"POST", "/v5/order/pre-check", &Api::pre_check, true, 10},
      {"POST", "/v5/order/disconnected-cancel-all", &Api::accepted, true, 5},
      {"GET", "/v5/order/realtime", &Api::orders_now, true, 50},
      {"GET", "/v5/order/history", &Api::order_history, true, 50},
      {"GET", "/v5/execution/list", &Api::executions, true, 50},
  };
}

const Api::Route* Api::find(std::string_view method, std::string_view path) {
  static const auto kByName = [] {
    std::unordered_map<std::string_view, const Route*> out;
    for (const Route& r : routes()) out.emplace(r.path, &r);
    return out;
  }();
  const auto found = kByName.find(path);
  return found == kByName.end() || found->second->method != method ? nullptr : found->second;
}

}  // namespace delever::gateways::bybit
