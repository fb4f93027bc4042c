// The table of what can be asked. Limits are a user's, in two seconds.
// https://www.okx.com/docs-v5/en/#overview-rate-limits
#include "gateways/okx/api.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace delever::gateways::okx {

Ask ask_of(const JsonTree& body, Ask who) {
  const auto add = [&who](const JsonTree& object) {
    who.rows.push_back(Parameters::of_object(object));
    auto& attached = who.attached.emplace_back();
    for (const JsonTree& stop : object["attachAlgoOrds"].items())
      attached.push_back(Parameters::of_object(stop));
  };
  if (body.kind() == JsonTree::Kind::list) {
    for (const JsonTree& row : body.items()) add(row);
  } else {
    add(body);
  }
  if (!who.rows.empty()) who.fields = who.rows.front();
  return who;
}

std::optional<Instant> good_until(std::string_view text) {
  const auto ms = read_int(text);
  const auto at = Instant::from_ms(ms.value_or(0));
  return ms && at.has_value() ? std::optional(at.value()) : std::nullopt;
}

std::vector<Api::Route> Api::public_routes() {
  return {
      {"GET", "/api/v5/public/time", &Api::time},
      {"GET", "/api/v5/public/instruments", &Api::instruments},
      {"GET", "/api/v5/public/funding-rate", &Api::funding},
      {"GET", "/api/v5/public/funding-rate-history", &Api::funding_history},
      {"GET", "/api/v5/public/open-interest", &Api::open_interest},
      {"GET", "/api/v5/public/mark-price", &Api::marks},
      {"GET", "/api/v5/public/price-limit", &Api::price_limit},
      {"GET", "/api/v5/public/position-tiers", &Api::tiers},
      {"GET", "/api/v5/public/liquidation-orders", &Api::liquidations},
      {"GET", "/api/v5/public/insurance-fund", &Api::insurance},
      {"GET", "/api/v5/public/underlying", &Api::underlyings},
      {"GET", "/api/v5/public/opt-summary", &Api::nothing},
      {"GET", "/api/v5/public/estimated-price", &Api::nothing},
      {"GET", "/api/v5/public/delivery-exercise-history", &Api::nothing},
      {"GET", "/api/v5/public/discount-rate-interest-free-quota", &Api::nothing},
      {"GET", "/api/v5/public/interest-rate-loan-quota", &Api::nothing},
      {"GET", "/api/v5/system/status", &Api::nothing},
      {"GET", "/api/v5/market/ticker", &Api::ticker},
      {"GET", "/api/v5/market/tickers", &Api::tickers},
      {"GET", "/api/v5/market/books", &Api::book},
      {"GET", "/api/v5/market/books-full", &Api::book},
      {"GET", "/api/v5/market/books-lite", &Api::book},
      {"GET", "/api/v5/market/trades", &Api::trades},
      {"GET", "/api/v5/market/history-trades", &Api::trades},
      {"GET", "/api/v5/market/candles", &Api::candles},
      {"GET", "/api/v5/market/history-candles", &Api::candles},
      {"GET", "/api/v5/market/mark-price-candles", &Api::price_candles},
      {"GET", "/api/v5/market/history-mark-price-candles", &Api::price_candles},
      {"GET", "/api/v5/market/index-candles", &Api::price_candles},
      {"GET", "/api/v5/market/history-index-candles", &Api::price_candles},
      {"GET", "/api/v5/market/index-tickers", &Api::index_tickers},
      {"GET", "/api/v5/market/index-components", &Api::index_components},
      {"GET", "/api/v5/market/block-tickers", &Api::nothing},
      {"GET", "/api/v5/market/block-trades", &Api::nothing},
      {"GET", "/api/v5/public/block-trades", &Api::nothing},
      {"GET", "/api/v5/public/option-trades", &Api::nothing},
      {"GET", "/api/v5/market/option/instrument-family-trades", &Api::nothing},
      {"GET", "/api/v5/public/convert-contract-coin", &Api::convert_contract},
      {"GET", "/api/v5/public/instrument-tick-bands", &Api::nothing},
      {"GET", "/api/v5/public/premium-history", &Api::premiums},
      {"GET", "/api/v5/market/platform-24-volume", &Api::platform_volume},
      {"GET", "/api/v5/rubik/stat/trading-data/support-coin", &Api::supported_coins},
      {"GET", "/api/v5/rubik/stat/contracts/open-interest-history", &Api::open_interest_past},
      {"GET", "/api/v5/rubik/stat/contracts/open-interest-volume", &Api::interest_and_volume},
      {"GET", "/api/v5/rubik/stat/taker-volume", &Api::taker_volume},
      {"GET", "/api/v5/rubik/stat/taker-volume-contract", &Api::taker_volume},
      {"GET", "/api/v5/rubik/stat/contracts/long-short-account-ratio", &Api::long_short},
      {"GET", "/api/v5/rubik/stat/contracts/long-short-account-ratio-contract", &Api::long_short},
      {"GET", "/api/v5/rubik/stat/contracts/long-short-account-ratio-contract-top-trader",
       &Api::long_short},
      {"GET", "/api/v5/rubik/stat/contracts/long-short-position-ratio-contract-top-trader",
       &Api::long_short},
  };
}

const std::vector<Api::Route>& Api::routes() {
  static const std::vector<Route> kRoutes = [] {
    std::vector<Route> all = public_routes(), own = private_routes();
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }();
  return kRoutes;
}

std::vector<Api::Route> Api::private_routes() {
  return {
      {"GET", "/api/v5/asset/currencies", &Api::coins, true, 12},
      {"GET", "/api/v5/asset/balances", &Api::nothing, true, 12},
      {"GET", "/api/v5/account/balance", &Api::balance, true, 10},
      {"GET", "/api/v5/account/config", &Api::config, true, 5},
      {"GET", "/api/v5/account/instruments", &Api::instruments, true, 20},
      {"GET", "/api/v5/account/bills", &Api::bills, true, 10},
      {"GET", "/api/v5/account/bills-archive", &Api::bills, true, 10},
      {"GET", "/api/v5/account/trade-fee", &Api::trade_fee, true, 5},
      {"GET", "/api/v5/account/max-withdrawal", &Api::max_withdrawal, true, 20},
      {"GET", "/api/v5/account/account-position-risk", &Api::account_risk, true, 10},
      {"GET", "/api/v5/account/greeks", &Api::nothing, true, 10},
      {"GET", "/api/v5/account/interest-accrued", &Api::nothing, true, 5},
      {"GET", "/api/v5/account/interest-rate", &Api::nothing, true, 5},
      {"GET", "/api/v5/account/borrow-repay-history", &Api::nothing, true, 5},
      {"GET", "/api/v5/account/risk-state", &Api::of_other_levels, true, 10},
      {"GET", "/api/v5/account/collateral-assets", &Api::of_other_levels, true, 5},
      {"POST", "/api/v5/account/set-account-level", &Api::set_account_level, true, 5},
      {"POST", "/api/v5/account/set-isolated-mode", &Api::echo_setting, true, 5},
      {"POST", "/api/v5/account/set-greeks", &Api::echo_setting, true, 5},
      {"GET", "/api/v5/asset/bills", &Api::nothing, true, 12},
      {"GET", "/api/v5/asset/bills-history", &Api::nothing, true, 12},
      {"GET", "/api/v5/asset/deposit-history", &Api::nothing, true, 12},
      {"GET", "/api/v5/asset/withdrawal-history", &Api::nothing, true, 12},
      {"GET", "/api/v5/users/subaccount/list", &Api::nothing, true, 2},
      {"GET", "/api/v5/trade/account-rate-limit", &Api::rate_limit, true, 1},
      {"GET", "/api/v5/account/positions", &Api::positions, true, 10},
      {"GET", "/api/v5/account/positions-history", &Api::position_history, true, 10},
      {"POST", "/api/v5/account/set-position-mode", &Api::set_position_mode, true, 5},
      {"POST", "/api/v5/account/set-leverage", &Api::set_leverage, true, 20},
      {"GET", "/api/v5/account/leverage-info", &Api::leverage_info, true, 20},
      {"POST", "/api/v5/account/position/margin-balance", &Api::margin_balance, true, 20},
      {"GET", "/api/v5/account/max-size", &Api::max_size, true, 20},
      {"GET", "/api/v5/account/max-avail-size", &Api::max_available, true, 20},

      {"POST", "/api/v5/trade/order", &Api::place, true, 60},
      {"POST", "/api/v5/trade/batch-orders", &Api::place, true, 300},
      {"POST", "/api/v5/trade/cancel-order", &Api::cancel, true, 60},
      {"POST", "/api/v5/trade/cancel-batch-orders", &Api::cancel, true, 300},
      {"POST", "/api/v5/trade/amend-order", &Api::amend, true, 60},
      {"POST", "/api/v5/trade/amend-batch-orders", &Api::amend, true, 300},
      {"POST", "/api/v5/trade/close-position", &Api::close_position, true, 20},
      {"POST", "/api/v5/trade/cancel-all-after", &Api::cancel_all_after, true, 2},
      // Of options in portfolio margin, on the venue too.
      {"POST", "/api/v5/trade/mass-cancel", &Api::of_other_levels, true, 5},
      {"POST", "/api/v5/trade/order-algo", &Api::place_algo, true, 20},
      {"POST", "/api/v5/trade/cancel-algos", &Api::cancel_algos, true, 20},
      {"POST", "/api/v5/trade/cancel-advance-algos", &Api::cancel_algos, true, 20},
      {"POST", "/api/v5/trade/amend-algos", &Api::amend_algos, true, 20},
      {"GET", "/api/v5/trade/order", &Api::order, true, 60},
      {"GET", "/api/v5/trade/orders-pending", &Api::orders_pending, true, 60},
      {"GET", "/api/v5/trade/orders-history", &Api::order_history, true, 40},
      {"GET", "/api/v5/trade/orders-history-archive", &Api::order_history, true, 20},
      {"GET", "/api/v5/trade/fills", &Api::fills, true, 60},
      {"GET", "/api/v5/trade/fills-history", &Api::fills, true, 10},
      {"GET", "/api/v5/trade/order-algo", &Api::algo, true, 20},
      {"GET", "/api/v5/trade/orders-algo-pending", &Api::algos_pending, true, 20},
      {"GET", "/api/v5/trade/orders-algo-history", &Api::algo_history, true, 20},
  };
}

const Api::Route* Api::find(std::string_view method, std::string_view path) {
  static const auto kByName = [] {
    std::map<std::pair<std::string_view, std::string_view>, const Route*> out;
    for (const Route& r : routes()) out.emplace(std::pair(r.path, r.method), &r);
    return out;
  }();
  const auto found = kByName.find({path, method});
  return found == kByName.end() ? nullptr : found->second;
}

const Api::Route* Api::route_of_op(std::string_view op) {
  constexpr std::pair<std::string_view, std::string_view> kOps[] = {
      {"order", "/api/v5/trade/order"},
      {"batch-orders", "/api/v5/trade/batch-orders"},
      {"cancel-order", "/api/v5/trade/cancel-order"},
      {"batch-cancel-orders", "/api/v5/trade/cancel-batch-orders"},
      {"amend-order", "/api/v5/trade/amend-order"},
      {"batch-amend-orders", "/api/v5/trade/amend-batch-orders"},
      {"mass-cancel", "/api/v5/trade/mass-cancel"}};
  for (const auto& [name, path] : kOps) {
    if (name == op) return find("POST", path);
  }
  return nullptr;
}

void Api::tick() {
  algos.run();
  const Instant wall = venue_.wall();
  for (auto it = cancel_at_.begin(); it != cancel_at_.end();) {
    if (it->second > wall) {
      ++it;
      continue;
    }
    venue_.desk.cancel_all(it->first, std::nullopt);
    it = cancel_at_.erase(it);
  }
}

}  // namespace delever::gateways::okx
