// Order lists of spot, as they come in: a pair of which the first that is carried out ends the
// other (OCO), and a limit order with what is sent when it is filled: one order (OTO) or such a
// pair (OTOCO). Lists whose size the first order's fills decide (OPO) are not taken.
#include <algorithm>

#include "auth/digest.h"
#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr size_t kListsKept = 1'000;

// One leg: its parameters carry `prefix` (above, below, working, pending).
void take_leg(const Asked& asked, const std::string& prefix, Parameters& to) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"Type", "type"},
      {"Side", "side"},
      {"Price", "price"},
      {"StopPrice", "stopPrice"},
      {"TrailingDelta", "trailingDelta"},
      {"Quantity", "quantity"},
      {"TimeInForce", "timeInForce"},
      {"StrategyId", "strategyId"},
      {"StrategyType", "strategyType"},
      {"ClientOrderId", "newClientOrderId"}};
  for (const auto& [from, name] : kNames) {
    const std::string_view value = asked.text(prefix + std::string(from));
    if (!value.empty()) to.set(std::string(name), std::string(value));
  }
}

// What is said once for all legs, where a leg does not say it itself.
void share(const Asked& asked, std::initializer_list<const char*> names, Parameters& to) {
  for (const char* name : names) {
    if (asked.has(name) && !to.has(name)) to.set(name, std::string(asked.text(name)));
  }
}

// The older call has one form: a limit order that makes, and a stop below (of a buy: above) it.
void take_old_legs(const Asked& asked, Parameters& limit, Parameters& stop) {
  const auto copy = [&](std::string_view from, std::string_view name, Parameters& to) {
    if (asked.has(from)) to.set(std::string(name), std::string(asked.text(from)));
  };
  limit.set("type", "LIMIT_MAKER");
  copy("price", "price", limit);
  copy("limitClientOrderId", "newClientOrderId", limit);
  stop.set("type", asked.has("stopLimitPrice") ? "STOP_LOSS_LIMIT" : "STOP_LOSS");
  copy("stopPrice", "stopPrice", stop);
  copy("stopLimitPrice", "price", stop);
  copy("stopLimitTimeInForce", "timeInForce", stop);
  copy("trailingDelta", "trailingDelta", stop);
  copy("stopClientOrderId", "newClientOrderId", stop);
}

// Where it is carried out; missing: a trailing stop, which has no such price yet.
std::optional<Price> trigger_or_price(const OrderRequest& leg) {
  if (leg.trailing) return leg.trailing->from;
  return leg.order.type == OrderType::limit ? leg.order.price : leg.order.trigger;
}

// A sell takes its profit above the market and stops its loss below it, a buy the other way round.
// `around`: the price that has to lie between them; missing: their order counts alone.
bool stand_apart(const OrderRequest& above, const OrderRequest& below,
                 std::optional<Price> around) {
  const auto takes_profit = [](const OrderRequest& leg) {
    return leg.order.type == OrderType::limit || leg.take_profit;
  };
  if (takes_profit(above) == takes_profit(below) ||
      takes_profit(above) != (above.order.side == Side::sell))
    return false;
  const auto upper = trigger_or_price(above), lower = trigger_or_price(below);
  if (around && ((upper && *upper <= *around) || (lower && *lower >= *around))) return false;
  return !upper || !lower || *upper > *lower;
}

Refusal not_apart() {
  return {-2010, "The relationship of the prices for the orders is not correct."};
}

struct Legs {  // of which one alone is carried out
  OrderRequest above, below;
};

std::optional<Refusal> read_leg(Face& face, AccountId account, const Parameters& from,
                                OrderRequest& leg) {
  Asked asked(from);
  leg = spot_order(face, asked, account).request;
  if (!asked.ok()) return asked.wrong();
  return std::nullopt;
}

// The list that is placed now, leg by leg; one that is refused takes the others with it.
class Placing {
 public:
  Placing(Face& face, const Call& call, std::string_view contingency) : face_(face) {
    const Asked asked(call.p);
    list_ = {.number = face.lists_made + 1, .account = call.account(), .contingency = contingency};
    list_.name = std::string(asked.text("listClientOrderId"));
    if (list_.name.empty())
      list_.name =
          auth::hex(auth::hmac_sha256("list name", std::to_string(list_.number))).substr(0, 22);
  }
  uint64_t number() const { return list_.number; }
  // Missing: it is refused, and nothing of the list stands.
  std::optional<uint64_t> add(OrderRequest leg) {
    if (refused_) return std::nullopt;
    SpotTag tag = SpotTag::of(leg.tag);
    tag.list = static_cast<int64_t>(list_.number);
    leg.tag = tag.text();
    list_.market = face_.markets.of(leg.order.instrument);
    const Placed placed = face_.desk.submit(std::move(leg));
    if (placed.reject == Reject::none) {
      list_.orders.push_back(placed.order->number);
      return placed.order->number;
    }
    for (const uint64_t number : list_.orders) face_.desk.cancel(list_.account, number);
    refused_ = refusal_of(placed.reject, true, About::order);
    return std::nullopt;
  }
  Outcome done() {
    if (refused_) return *refused_;
    list_.at = face_.now();
    face_.lists_made = list_.number;
    // Bounded: a client that places lists all day asks for none of the oldest.
    while (face_.lists.size() >= kListsKept) face_.lists.erase(face_.lists.begin());
    const OrderList& kept = face_.lists[list_.number] = std::move(list_);
    std::string out;
    ObjectText o = begin_list(out, face_, kept);
    append_list(o.member("orderReports"), kept.orders, [&](uint64_t number) {
      append_spot_placed(out, face_, *face_.desk.order(kept.account, number), Telling::result);
    });
    o.end();
    return out;
  }

 private:
  Face& face_;
  OrderList list_;
  std::optional<Refusal> refused_;
};

// The exchange knows no lists: the desk cancels the other leg when one of the number is carried
// out. The maker goes first: the stop behind it has not been sent when it is refused.
void add_pair(Placing& placing, Legs legs, uint64_t after) {
  OrderRequest* pair[] = {&legs.above, &legs.below};
  if (legs.above.order.type != OrderType::limit) std::swap(pair[0], pair[1]);
  for (OrderRequest* leg : pair) {
    leg->one_of = placing.number();
    leg->after = after;
    placing.add(std::move(*leg));
  }
}

Outcome place_pair(Face& face, const Call& call, Parameters above, Parameters below) {
  const Asked asked(call.p);
  for (Parameters* leg : {&above, &below})
    share(asked, {"symbol", "side", "quantity", "selfTradePreventionMode"}, *leg);
  Legs legs;
  if (const auto wrong = read_leg(face, call.account(), above, legs.above)) return *wrong;
  if (const auto wrong = read_leg(face, call.account(), below, legs.below)) return *wrong;
  const auto last = face.exchange().last(legs.above.order.instrument);
  if (!last || !stand_apart(legs.above, legs.below, last)) return not_apart();
  Placing placing(face, call, "OCO");
  add_pair(placing, std::move(legs), 0);
  return placing.done();
}

Outcome place_oco(Face& face, const Call& call) {
  Asked asked(call.p);
  for (const char* needed : {"aboveType", "belowType"}) asked.need(needed);
  if (!asked.ok()) return asked.wrong();
  Parameters above, below;
  take_leg(asked, "above", above);
  take_leg(asked, "below", below);
  return place_pair(face, call, std::move(above), std::move(below));
}

Outcome place_old_oco(Face& face, const Call& call) {
  Asked asked(call.p);
  asked.need("price");
  if (!asked.has("trailingDelta")) asked.need("stopPrice");
  if (!asked.ok()) return asked.wrong();
  Parameters limit, stop;
  take_old_legs(asked, limit, stop);
  if (asked.text("side") == "BUY") std::swap(limit, stop);
  return place_pair(face, call, std::move(limit), std::move(stop));
}

// The order that the others wait for: one that can rest.
std::optional<Refusal> read_working(Face& face, const Call& call, OrderRequest& leg) {
  Asked asked(call.p);
  for (const char* needed : {"workingType", "workingSide", "workingPrice", "workingQuantity"})
    asked.need(needed);
  const std::string_view type = asked.text("workingType");
  if (type != "LIMIT" && type != "LIMIT_MAKER") asked.refuse({-1116, "Invalid orderType."});
  if (!asked.ok()) return asked.wrong();
  Parameters from;
  take_leg(asked, "working", from);
  share(asked, {"symbol", "selfTradePreventionMode"}, from);
  return read_leg(face, call.account(), from, leg);
}

Outcome place_oto(Face& face, const Call& call) {
  OrderRequest working, pending;
  if (const auto wrong = read_working(face, call, working)) return *wrong;
  Asked asked(call.p);
  for (const char* needed : {"pendingType", "pendingSide", "pendingQuantity"}) asked.need(needed);
  if (!asked.ok()) return asked.wrong();
  Parameters from;
  take_leg(asked, "pending", from);
  share(asked, {"symbol", "selfTradePreventionMode"}, from);
  if (const auto wrong = read_leg(face, call.account(), from, pending)) return *wrong;
  Placing placing(face, call, "OTO");
  pending.after = placing.add(std::move(working)).value_or(0);
  placing.add(std::move(pending));
  return placing.done();
}

// A second leg that is left out makes it an OTO.
Outcome place_otoco(Face& face, const Call& call) {
  OrderRequest working;
  if (const auto wrong = read_working(face, call, working)) return *wrong;
  Asked asked(call.p);
  for (const char* needed : {"pendingSide", "pendingQuantity", "pendingAboveType"})
    asked.need(needed);
  if (!asked.ok()) return asked.wrong();
  Parameters above, below;
  take_leg(asked, "pendingAbove", above);
  take_leg(asked, "pendingBelow", below);
  Legs legs;
  for (Parameters* leg : {&above, &below}) {
    leg->set("side", std::string(asked.text("pendingSide")));
    leg->set("quantity", std::string(asked.text("pendingQuantity")));
    share(asked, {"symbol", "selfTradePreventionMode"}, *leg);
  }
  const bool alone = !asked.has("pendingBelowType");
  if (const auto wrong = read_leg(face, call.account(), above, legs.above)) return *wrong;
  if (!alone) {
    if (const auto wrong = read_leg(face, call.account(), below, legs.below)) return *wrong;
    if (!stand_apart(legs.above, legs.below, std::nullopt)) return not_apart();
  }
  Placing placing(face, call, "OTO");
  const uint64_t after = placing.add(std::move(working)).value_or(0);
  legs.above.after = after;
  if (alone)
    placing.add(std::move(legs.above));
  else
    add_pair(placing, std::move(legs), after);
  return placing.done();
}

}  // namespace

void add_spot_placing(Routes& routes) {
  routes["POST /api/v3/orderList/oco"] = {Needs::signature, place_oco, 1, 2};
  routes["POST /api/v3/order/oco"] = {Needs::signature, place_old_oco, 1, 2};
  routes["POST /api/v3/orderList/oto"] = {Needs::signature, place_oto, 1, 2};
  routes["POST /api/v3/orderList/otoco"] = {Needs::signature, place_otoco, 1, 3};
}

}  // namespace delever::gateways::binance
