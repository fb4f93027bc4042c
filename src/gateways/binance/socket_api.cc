#include "gateways/binance/socket_api.h"

#include <fmt/format.h>

#include "gateways/binance/time_unit.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

struct Method {
  std::string_view name, route;
};
constexpr Method kFutures[] = {
    {"ping", "GET /fapi/v1/ping"},
    {"time", "GET /fapi/v1/time"},
    {"exchangeInfo", "GET /fapi/v1/exchangeInfo"},
    {"depth", "GET /fapi/v1/depth"},
    {"ticker.price", "GET /fapi/v1/ticker/price"},
    {"ticker.book", "GET /fapi/v1/ticker/bookTicker"},
    {"order.place", "POST /fapi/v1/order"},
    {"order.modify", "PUT /fapi/v1/order"},
    {"order.cancel", "DELETE /fapi/v1/order"},
    {"order.status", "GET /fapi/v1/order"},
    {"algoOrder.place", "POST /fapi/v1/algoOrder"},
    {"algoOrder.cancel", "DELETE /fapi/v1/algoOrder"},
    {"account.balance", "GET /fapi/v2/balance"},
    {"v2/account.balance", "GET /fapi/v3/balance"},
    {"account.status", "GET /fapi/v2/account"},
    {"v2/account.status", "GET /fapi/v3/account"},
    {"account.position", "GET /fapi/v2/positionRisk"},
    {"v2/account.position", "GET /fapi/v3/positionRisk"},
    {"userDataStream.start", "POST /fapi/v1/listenKey"},
    {"userDataStream.ping", "PUT /fapi/v1/listenKey"},
    {"userDataStream.stop", "DELETE /fapi/v1/listenKey"},
};
constexpr Method kSpot[] = {
    {"ping", "GET /api/v3/ping"},
    {"time", "GET /api/v3/time"},
    {"exchangeInfo", "GET /api/v3/exchangeInfo"},
    {"executionRules", "GET /api/v3/executionRules"},
    {"referencePrice", "GET /api/v3/referencePrice"},
    {"depth", "GET /api/v3/depth"},
    {"trades.recent", "GET /api/v3/trades"},
    {"trades.historical", "GET /api/v3/historicalTrades"},
    {"trades.aggregate", "GET /api/v3/aggTrades"},
    {"klines", "GET /api/v3/klines"},
    {"uiKlines", "GET /api/v3/uiKlines"},
    {"avgPrice", "GET /api/v3/avgPrice"},
    {"ticker.24hr", "GET /api/v3/ticker/24hr"},
    {"ticker", "GET /api/v3/ticker"},
    {"ticker.tradingDay", "GET /api/v3/ticker/tradingDay"},
    {"ticker.price", "GET /api/v3/ticker/price"},
    {"ticker.book", "GET /api/v3/ticker/bookTicker"},
    {"order.place", "POST /api/v3/order"},
    {"order.test", "POST /api/v3/order/test"},
    {"order.status", "GET /api/v3/order"},
    {"order.cancel", "DELETE /api/v3/order"},
    {"order.cancelReplace", "POST /api/v3/order/cancelReplace"},
    {"order.amend.keepPriority", "PUT /api/v3/order/amend/keepPriority"},
    {"openOrders.status", "GET /api/v3/openOrders"},
    {"openOrders.cancelAll", "DELETE /api/v3/openOrders"},
    {"allOrders", "GET /api/v3/allOrders"},
    {"myTrades", "GET /api/v3/myTrades"},
    {"account.status", "GET /api/v3/account"},
    {"account.commission", "GET /api/v3/account/commission"},
    {"myFilters", "GET /api/v3/myFilters"},
    {"account.rateLimits.orders", "GET /api/v3/rateLimit/order"},
    {"orderList.place.oco", "POST /api/v3/orderList/oco"},
    {"orderList.place.oto", "POST /api/v3/orderList/oto"},
    {"orderList.place.otoco", "POST /api/v3/orderList/otoco"},
    {"orderList.place", "POST /api/v3/order/oco"},
    {"orderList.status", "GET /api/v3/orderList"},
    {"orderList.cancel", "DELETE /api/v3/orderList"},
    {"openOrderLists.status", "GET /api/v3/openOrderList"},
    {"allOrderLists", "GET /api/v3/allOrderList"},
    {"order.amendments", "GET /api/v3/order/amendments"},
    {"myPreventedMatches", "GET /api/v3/myPreventedMatches"},
    {"myAllocations", "GET /api/v3/myAllocations"},
};

template <size_t kCount>
std::string_view route_of(const Method (&methods)[kCount], std::string_view name) {
  for (const Method& m : methods) {
    if (m.name == name) return m.route;
  }
  return {};
}

Dispatch::Done refused(Refusal refusal) { return {std::move(refusal), std::nullopt, 0}; }

}  // namespace

bool SocketApi::accepts(std::string_view path, bool spot) {
  if (!spot) return path == "/ws-fapi/v1";
  if (path.starts_with("/stream/")) path.remove_prefix(7);
  return path == "/ws-api/v3";
}

void SocketApi::opened(SocketId socket, std::string_view target) {
  opened_[socket] = {face_.desk.door().wall_now(), face_.spot && asks_microseconds(target)};
}

void SocketApi::closed(SocketId socket) {
  opened_.erase(socket);
  accounts_.closed(socket);
}

// The user stream of spot, in place of listen keys.
Dispatch::Done SocketApi::listen(SocketId socket, const Parameters& p) {
  static const Route route{Needs::signature,
                           [](Face&, const Call&) -> Outcome { return std::string("{}"); }, 2};
  Dispatch::Done done =
      dispatch_.run(route, p, fmt::format("socket {}", static_cast<uint64_t>(socket)),
                    [&] { return signer_of(face_.desk, p, Needs::signature); });
  if (done.outcome.code == 0)
    done.outcome.body =
        fmt::format("{{\"subscriptionId\":{}}}",
                    accounts_.subscribe(socket, *done.account, opened_[socket].microseconds));
  return done;
}

Dispatch::Done SocketApi::carry_out(SocketId socket, std::string_view method, const Parameters& p) {
  if (face_.spot && method == "userDataStream.subscribe.signature") return listen(socket, p);
  if (face_.spot && method == "userDataStream.unsubscribe") {
    const auto which = p.whole("subscriptionId");
    accounts_.unsubscribe(socket,
                          which ? std::optional(static_cast<uint64_t>(*which)) : std::nullopt);
    return {std::string("{}"), std::nullopt, 0};
  }
  if (face_.spot && method == "session.subscriptions") {
    std::string out;
    append_list(out, accounts_.subscriptions(socket), [&](uint64_t number) {
      ObjectText(out).number("subscriptionId", static_cast<int64_t>(number)).end();
    });
    return {std::move(out), std::nullopt, 0};
  }
  // Who has not logged on is logged out already.
  if (method == "session.status" || method == "session.logout") {
    // Nobody logs on here: that is for keys of Ed25519, and these are HMAC.
    std::string out;
    ObjectText(out)
        .raw("apiKey", "null")
        .raw("authorizedSince", "null")
        .number("connectedSince", opened_[socket].opened.ms())
        .flag("returnRateLimits", true)
        .number("serverTime", face_.desk.door().wall_now().ms())
        .flag("userDataStream", !accounts_.subscriptions(socket).empty())
        .end();
    return {std::move(out), std::nullopt, 0};
  }
  if (method == "session.logon" || method == "userDataStream.subscribe")
    return refused({-4056, "HMAC_SHA256 API key is not supported."});
  const std::string_view name = face_.spot ? route_of(kSpot, method) : route_of(kFutures, method);
  const Route* route = name.empty() ? nullptr : dispatch_.find(std::string(name));
  if (!route) return refused({-1000, fmt::format("Unknown method '{}'.", method)});
  return dispatch_.run(*route, p, fmt::format("socket {}", static_cast<uint64_t>(socket)),
                       [&] { return signer_of(face_.desk, p, route->needs); });
}

void SocketApi::received(SocketId socket, std::string_view frame) {
  const auto whole = JsonTree::parse(frame);
  if (!whole.has_value() || whole.value().kind() != JsonTree::Kind::object)
    return answer(socket, "null", refused({-1135, "JSON Request is invalid."}));
  const std::string id = as_json(whole.value()["id"]);
  const std::string_view method = whole.value().text("method");
  if (method.empty()) return answer(socket, id, refused(missing_parameter("method")));
  answer(socket, id, carry_out(socket, method, Parameters::of_object(whole.value()["params"])),
         method == "klines" || method == "uiKlines");
}

void SocketApi::answer(SocketId socket, std::string_view id, const Dispatch::Done& done,
                       bool candles) {
  std::string out;
  ObjectText o(out);
  o.raw("id", id).number("status", done.outcome.status);
  const std::string& body = done.outcome.body;
  o.raw(done.outcome.code == 0 ? "result" : "error",
        opened_[socket].microseconds ? in_microseconds(body, candles) : body);
  const std::string address = fmt::format("socket {}", static_cast<uint64_t>(socket));
  std::string limits = "[";
  ObjectText(limits)
      .text("rateLimitType", "REQUEST_WEIGHT")
      .text("interval", "MINUTE")
      .number("intervalNum", 1)
      .number("limit", dispatch_.weights().limit())
      .number("count", dispatch_.weights().used(address))
      .end();
  o.raw("rateLimits", limits + "]").end();
  out_.send(socket, out);
}

}  // namespace delever::gateways::binance
