// What a client asks before anything else: whether we are there, what time it is, what is listed
// under which rules.
#include <fmt/format.h>

#include "gateways/binance/face.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr int64_t kNoDelivery = 4'133'404'800'000;  // 2100-12-25, as the venue writes "never"
constexpr std::string_view kQtyMost = "9000000";    // where the rulebook knows no limit

Outcome nothing(Face&, const Call&) { return std::string("{}"); }
Outcome empty_list(Face&, const Call&) { return std::string("[]"); }

Outcome server_time(Face& face, const Call&) {
  return fmt::format("{{\"serverTime\":{}}}", face.wall().ms());
}

std::string percent(Rate rate) { return figure(100 * rate.approx(), 4); }

// Also the least size is one step.
void size_filter(std::string& out, const Market& m, std::string_view name,
                 const std::optional<Qty>& most) {
  const std::string step = m.contract().step->text();
  ObjectText(out)
      .text("filterType", name)
      .text("minQty", step)
      .text("maxQty", most ? most->text() : std::string(kQtyMost))
      .text("stepSize", step)
      .end();
}

// In the order in which both products list them.
void shared_filters(std::string& out, const Market& m, bool spot) {
  const ContractRule& c = m.contract();
  const auto ticks = [&](int64_t n) { return Price::raw(n * c.tick->raw()).text(); };
  ObjectText(out)
      .text("filterType", "PRICE_FILTER")
      .text("minPrice", ticks(m.listing->band.lowest))
      .text("maxPrice", ticks(m.listing->band.highest))
      .text("tickSize", c.tick->text())
      .end();
  out += ',';
  size_filter(out, m, "LOT_SIZE", c.limit_qty_max);
  out += ',';
  size_filter(out, m, "MARKET_LOT_SIZE", c.market_qty_max ? c.market_qty_max : c.limit_qty_max);
  out += spot ? R"(,{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200})"
              : R"(,{"filterType":"MAX_NUM_ORDERS","limit":200})";
  out += R"(,{"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":200)";
  out += spot ? "}" : R"(,"limit":200})";
}

// A rulebook without a figure has no filter of it.
std::string futures_filters(const Market& m) {
  const ContractRule& c = m.contract();
  std::string out = "[";
  shared_filters(out, m, false);
  if (c.notional_min) {
    out += ',';
    ObjectText(out)
        .text("filterType", "MIN_NOTIONAL")
        .text("notional", c.notional_min->text())
        .end();
  }
  if (c.price_band) {
    out += ',';
    const Rate band = *c.price_band, one = Rate::raw(Rate::scale);
    ObjectText(out)
        .text("filterType", "PERCENT_PRICE")
        .text("multiplierUp", decimal(one + band, 4))
        .text("multiplierDown", decimal(one - band, 4))
        .text("multiplierDecimal", "4")
        .end();
  }
  return out + "]";
}

void futures_symbol(std::string& out, const Face& face, const Market& m) {
  const ContractRule& c = m.contract();
  const auto& rules = m.listing->rules;
  ObjectText o(out);
  o.text("symbol", m.symbol).text("pair", m.pair);
  o.text("contractType", m.is_dated() ? "CURRENT_QUARTER" : "PERPETUAL");
  o.number("deliveryDate", m.is_dated() ? m.listing->expiry->ms() : kNoDelivery);
  o.number("onboardDate", 1'569'398'400'000).text("status", "TRADING");
  if (rules.ladder && !rules.ladder->tiers.empty()) {
    o.text("maintMarginPercent", percent(rules.ladder->tiers[0].maintenance));
    o.text("requiredMarginPercent", figure(100 / rules.ladder->tiers[0].max_leverage.approx(), 4));
  }
  o.text("baseAsset", c.base)
      .text("quoteAsset", c.quote)
      .text("marginAsset", face.markets.coin(m.settle));
  o.number("pricePrecision", m.price_digits).number("quantityPrecision", m.qty_digits);
  o.number("baseAssetPrecision", 8).number("quotePrecision", 8);
  o.text("underlyingType", "COIN").raw("underlyingSubType", "[]").text("triggerProtect", "0.0500");
  if (rules.fees && rules.fees->liquidation)
    o.text("liquidationFee", decimal(*rules.fees->liquidation, 6));
  o.text("marketTakeBound", c.price_band ? decimal(*c.price_band, 2) : "0.05");
  o.number("maxMoveOrderLimit", 10'000).raw("filters", futures_filters(m));
  o.raw("orderTypes",
        R"(["LIMIT","MARKET","STOP","STOP_MARKET","TAKE_PROFIT","TAKE_PROFIT_MARKET",)"
        R"("TRAILING_STOP_MARKET"])");
  o.raw("timeInForce", R"(["GTC","IOC","FOK","GTX","GTD"])");
  o.raw("permissionSets", R"(["GRID","COPY"])").end();
}

// One symbol where it is asked for, as newer clients do.
Outcome futures_info(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  ObjectText o(out);
  o.text("timezone", "UTC")
      .number("serverTime", face.wall().ms())
      .text("futuresType", "U_MARGINED");
  o.raw("rateLimits",
        R"([{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400},)"
        R"({"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":1200},)"
        R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":300}])");
  o.raw("exchangeFilters", "[]");
  append_list(o.member("assets"), face.markets.coins(), [&](const std::string& coin) {
    ObjectText(out)
        .text("asset", coin)
        .flag("marginAvailable", true)
        .text("autoAssetExchange", "0")
        .end();
  });
  std::vector<const Market*> rows;
  for (const Market& m : face.markets.all()) {
    if (!only || only == &m) rows.push_back(&m);
  }
  append_list(o.member("symbols"), rows, [&](const Market* m) { futures_symbol(out, face, *m); });
  o.end();
  return out;
}

std::string spot_filters(const Market& m) {
  const ContractRule& c = m.contract();
  std::string filters = "[";
  shared_filters(filters, m, true);
  filters += ',';
  ObjectText(filters)
      .text("filterType", "NOTIONAL")
      .text("minNotional", c.notional_min ? c.notional_min->text() : "0")
      .flag("applyMinToMarket", true)
      .text("maxNotional", "9000000.00000000")
      .flag("applyMaxToMarket", false)
      .number("avgPriceMins", 5)
      .end();
  filters += ',';
  ObjectText trailing(filters);
  trailing.text("filterType", "TRAILING_DELTA");
  for (const char* side : {"Above", "Below"}) {
    trailing.number(fmt::format("minTrailing{}Delta", side), 10);
    trailing.number(fmt::format("maxTrailing{}Delta", side), 2'000);
  }
  trailing.end();
  return filters + "]";
}

void spot_symbol(std::string& out, const Market& m) {
  const ContractRule& c = m.contract();
  ObjectText o(out);
  o.text("symbol", m.symbol).text("status", "TRADING").text("baseAsset", c.base);
  o.number("baseAssetPrecision", 8).text("quoteAsset", c.quote).number("quotePrecision", 8);
  o.number("quoteAssetPrecision", 8).number("baseCommissionPrecision", 8);
  o.number("quoteCommissionPrecision", 8);
  o.raw("orderTypes",
        R"(["LIMIT","LIMIT_MAKER","MARKET","STOP_LOSS","STOP_LOSS_LIMIT","TAKE_PROFIT",)"
        R"("TAKE_PROFIT_LIMIT"])");
  for (const char* no :
       {"icebergAllowed", "opoAllowed", "isMarginTradingAllowed", "pegInstructionsAllowed"})
    o.flag(no, false);
  for (const char* yes :
       {"ocoAllowed", "otoAllowed", "quoteOrderQtyMarketAllowed", "cancelReplaceAllowed",
        "allowTrailingStop", "amendAllowed", "isSpotTradingAllowed"})
    o.flag(yes, true);
  o.raw("filters", spot_filters(m)).raw("permissions", "[]").raw("permissionSets", R"([["SPOT"]])");
  o.text("defaultSelfTradePreventionMode", "EXPIRE_MAKER");
  o.raw("allowedSelfTradePreventionModes", R"(["EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH"])")
      .end();
}

Outcome spot_info(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const auto rows = named_markets(face, asked, only);
  if (!rows) return no_such_symbol();
  std::string out;
  ObjectText o(out);
  o.text("timezone", "UTC").number("serverTime", face.wall().ms());
  o.raw("rateLimits",
        R"([{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},)"
        R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100},)"
        R"({"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000}])");
  o.raw("exchangeFilters", "[]");
  append_list(o.member("symbols"), *rows, [&](const Market* m) { spot_symbol(out, *m); });
  o.end();
  return out;
}

// No rule of this market limits at which price an order that takes may trade.
Outcome execution_rules(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  const auto rows = named_markets(face, asked, only);
  if (!rows) return no_such_symbol();
  std::string out;
  ObjectText o(out);
  append_list(o.member("symbolRules"), *rows, [&](const Market* m) {
    ObjectText(out).text("symbol", m->symbol).raw("rules", "[]").end();
  });
  o.end();
  return out;
}

// And so no symbol has a price that such a rule would be measured from.
Outcome reference_price(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  ObjectText(out)
      .text("symbol", m->symbol)
      .raw("referencePrice", "null")
      .number("timestamp", face.wall().ms())
      .end();
  return out;
}

// What holds for this account: the symbol's filters, and none of the exchange or of a coin.
Outcome my_filters(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  ObjectText o(out);
  o.raw("exchangeFilters", "[]").raw("symbolFilters", spot_filters(*m)).raw("assetFilters", "[]");
  o.end();
  return out;
}

// What a port does not list still answers: ccxt's loadMarkets asks for all three.
Outcome nothing_listed(Face& face, const Call&) {
  return fmt::format(
      R"({{"timezone":"UTC","serverTime":{},"rateLimits":[],"exchangeFilters":[],"assets":[],)"
      R"("symbols":[]}})",
      face.wall().ms());
}

// USD-M names the limits alone; spot says how much of them is used.
Outcome order_limits(Face& face, const Call& call) {
  std::string out;
  const auto limits = face.weights->order_limits(call.account(), face.wall());
  append_list(out, limits, [&](const Weights::OrderLimit& limit) {
    ObjectText o(out);
    o.text("rateLimitType", "ORDERS").text("interval", limit.interval);
    o.number("intervalNum", limit.intervals).number("limit", limit.limit);
    if (face.spot) o.number("count", limit.used);
    o.end();
  });
  return out;
}

Outcome system_status(Face&, const Call&) { return std::string(R"({"status":0,"msg":"normal"})"); }

}  // namespace

void add_general(Routes& routes, bool spot) {
  const std::string own = spot ? "/api/v3" : "/fapi/v1";
  routes["GET " + own + "/ping"] = {Needs::nothing, nothing};
  routes["GET " + own + "/time"] = {Needs::nothing, server_time};
  routes["GET " + own + "/exchangeInfo"] =
      spot ? Route{Needs::nothing, spot_info, 20} : Route{Needs::nothing, futures_info};
  for (const char* other : {"/api/v3", "/fapi/v1", "/dapi/v1"}) {
    if (other != own)
      routes[std::string("GET ") + other + "/exchangeInfo"] = {Needs::nothing, nothing_listed};
  }
  routes["GET " + own + "/rateLimit/order"] = {Needs::signature, order_limits, spot ? 40u : 1u};
  if (spot) {
    routes["GET /api/v3/myFilters"] = {Needs::signature, my_filters, 40};
    routes["GET /api/v3/executionRules"] = {Needs::nothing, execution_rules, 2};
    routes["GET /api/v3/referencePrice"] = {Needs::nothing, reference_price, 2};
  }
  routes["GET /sapi/v1/system/status"] = {Needs::nothing, system_status};
  for (const char* list : {"capital/config/getall", "margin/allPairs", "margin/isolated/allPairs"})
    routes[std::string("GET /sapi/v1/") + list] = {Needs::nothing, empty_list};
}

}  // namespace delever::gateways::binance
