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
      {"GET", "/api/v5/public/discount-rate-interest-free-quota", &Api::discounts},
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
      {"GET", "/api/v5/public/convert-contract-coin", &Api::convert_contract},
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

namespace {

// Of the public: options' and blocks' figures, settlements before expiry and announcements, of
// which there are none here.
constexpr std::string_view kNone[] = {"/api/v5/public/opt-summary",
                                      "/api/v5/public/estimated-price",
                                      "/api/v5/public/delivery-exercise-history",
                                      "/api/v5/public/interest-rate-loan-quota",
                                      "/api/v5/system/status",
                                      "/api/v5/public/settlement-history",
                                      "/api/v5/market/block-ticker",
                                      "/api/v5/market/block-tickers",
                                      "/api/v5/market/block-trades",
                                      "/api/v5/public/block-trades",
                                      "/api/v5/public/option-trades",
                                      "/api/v5/market/option/instrument-family-trades",
                                      "/api/v5/public/instrument-tick-bands"};
// Of account levels that are not played: loans, risk units, portfolio margin. mass-cancel is of
// options in portfolio margin, on the venue too.
constexpr std::string_view kAsked[] = {
    "/api/v5/account/risk-state", "/api/v5/account/collateral-assets", "/api/v5/account/max-loan",
    "/api/v5/account/interest-limits", "/api/v5/account/position-tiers"};
constexpr std::string_view kSent[] = {"/api/v5/account/set-auto-loan",
                                      "/api/v5/account/position-builder",
                                      "/api/v5/trade/order-precheck", "/api/v5/trade/mass-cancel"};
// Of no account here, whatever its level: loans, settings of portfolio margin, and those of options
// and of spot.
constexpr std::string_view kNever[] = {"/api/v5/account/set-collateral-assets",
                                       "/api/v5/account/borrow-repay",
                                       "/api/v5/account/quick-margin-borrow-repay",
                                       "/api/v5/account/spot-manual-borrow-repay",
                                       "/api/v5/account/set-auto-repay",
                                       "/api/v5/account/set-riskOffset-amt",
                                       "/api/v5/account/set-riskOffset-type",
                                       "/api/v5/account/set-settle-currency",
                                       "/api/v5/account/set-fee-type",
                                       "/api/v5/account/set-trading-config",
                                       "/api/v5/account/activate-option",
                                       "/api/v5/account/move-positions",
                                       "/api/v5/account/account-level-switch-preset",
                                       "/api/v5/account/mmp-reset",
                                       "/api/v5/account/mmp-config"};

}  // namespace

const std::vector<Api::Route>& Api::routes() {
  static const std::vector<Route> kRoutes = [] {
    std::vector<Route> all = public_routes(), own = private_routes();
    all.insert(all.end(), own.begin(), own.end());
    for (const std::string_view path : kNone) all.push_back({"GET", path, &Api::nothing});
    for (const std::string_view path : kAsked)
      all.push_back({"GET", path, &Api::of_other_levels, true, 5});
    for (const std::string_view path : kSent)
      all.push_back({"POST", path, &Api::of_other_levels, true, 5});
    for (const std::string_view path : kNever)
      all.push_back({"POST", path, &Api::of_no_level, true, 5});
    return all;
  }();
  return kRoutes;
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
