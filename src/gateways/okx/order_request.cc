#include "gateways/okx/order_request.h"

#include <algorithm>

#include "base/text.h"

namespace delever::gateways::okx {
namespace {

// OKX's limit for clOrdId: letters and digits alone, which OrderNote relies on.
constexpr size_t kClientIdMost = 32;

bool is_client_id(std::string_view text) {
  return text.size() <= kClientIdMost && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

template <class T>
std::optional<Refusal> read(const Parameters& ask, std::string_view name, std::optional<T>& out) {
  auto found = ask.fixed<T>(name);
  if (!found.has_value()) return parameter_error(name);
  out = found.value();
  return std::nullopt;
}

// -1: at market.
std::optional<Refusal> read_order_price(const Parameters& ask, std::string_view name,
                                        std::optional<Price>& out) {
  if (ask[name] == "-1") return std::nullopt;
  return read(ask, name, out);
}

WatchedPrice watched_price(std::string_view text) {
  if (text == "index") return WatchedPrice::index;
  return text == "mark" ? WatchedPrice::mark : WatchedPrice::last;
}

std::optional<Refusal> read_sides(const Venue& venue, const Parameters& ask, const Product& product,
                                  AccountId account, Side& side, PositionSide& position,
                                  bool& reduces) {
  const std::string_view text = ask["side"], named = ask["posSide"];
  if (text != "buy" && text != "sell") return parameter_error("side");
  side = text == "buy" ? Side::buy : Side::sell;
  if (product.is_spot() || !venue.desk.hedge(account)) {
    if (!named.empty() && named != "net") return parameter_error("posSide");
    return std::nullopt;
  }
  if (named != "long" && named != "short") return parameter_error("posSide");
  position = named == "long" ? PositionSide::long_side : PositionSide::short_side;
  // In hedge mode a sale of the long side closes it: the venue never turns one side into the other.
  if ((side == Side::buy) != (position == PositionSide::long_side)) reduces = true;
  return std::nullopt;
}

std::optional<Refusal> read_kind(const Parameters& ask, SubmitOrder& o) {
  const std::string_view kind = ask["ordType"];
  o.type = OrderType::limit;
  // optimal_limit_ioc is how contracts are traded at market; what is not filled is gone.
  if (kind == "market" || kind == "optimal_limit_ioc") {
    o.type = OrderType::market;
    o.time_in_force = TimeInForce::immediate_or_cancel;
  } else if (kind == "post_only") {
    o.time_in_force = TimeInForce::post_only;
  } else if (kind == "fok") {
    o.time_in_force = TimeInForce::fill_or_kill;
  } else if (kind == "ioc") {
    o.time_in_force = TimeInForce::immediate_or_cancel;
  } else if (kind != "limit") {
    return parameter_error("ordType");
  }
  return std::nullopt;
}

// A market buy of spot is by default so much money.
bool is_by_value(const Parameters& ask, const Product& product, Side side) {
  return product.is_spot() &&
         (ask["tgtCcy"] == "quote_ccy" || (ask["tgtCcy"].empty() && side == Side::buy));
}

std::optional<Refusal> read_size(const Venue& venue, const Parameters& ask, const Product& product,
                                 OrderRequest& request) {
  SubmitOrder& o = request.order;
  std::optional<Qty> size;
  if (auto r = read(ask, "sz", size)) return r;
  if (!size || size->raw() <= 0) return parameter_error("sz");
  if (o.type == OrderType::market && is_by_value(ask, product, o.side)) {
    const BookSnapshot best = venue.exchange().depth(product.instrument, 1);
    if ((o.side == Side::buy ? best.asks : best.bids).empty())
      return Refusal{51109, "No available offer"};
    request.money = Amount::raw(size->raw());
    size = venue.desk.quantity_for(product.instrument, o.side, *request.money);
  }
  // After the conversion: so little money may buy less than one step.
  if (size->raw() < product.contract->step->raw())
    return Refusal{51020, "Your order should meet or exceed the minimum order amount."};
  o.qty = *size;
  return std::nullopt;
}

// Take-profit and stop-loss of one set of parameters.
std::optional<Refusal> read_legs(const Parameters& ask, Algo& out) {
  for (const bool take_profit : {true, false}) {
    const std::string head = take_profit ? "tp" : "sl";
    std::optional<Price> trigger;
    if (auto r = read(ask, head + "TriggerPx", trigger)) return r;
    // A leg that is not named, or has a price of 0, is not there.
    if (!trigger || trigger->raw() <= 0) continue;
    AlgoLeg leg{.trigger = *trigger, .take_profit = take_profit};
    leg.by = watched_price(ask[head + "TriggerPxType"]);
    if (auto r = read_order_price(ask, head + "OrdPx", leg.limit)) return r;
    out.legs.push_back(leg);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> read_product(const Venue& venue, const Parameters& ask,
                                    const Product*& out) {
  out = venue.catalog.find(ask["instId"]);
  if (!out && ask.has("instIdCode"))
    out = venue.catalog.by_code(ask.whole("instIdCode").value_or(0));
  if (!out) return no_instrument();
  return std::nullopt;
}

std::optional<Refusal> TradeMode::settle(std::string_view mode) {
  if (product_.is_spot()) {
    if (mode == "cash" || mode == "cross" || mode == "spot_isolated") return std::nullopt;
    return parameter_error("tdMode");
  }
  if (mode != "cross" && mode != "isolated") return parameter_error("tdMode");
  const MarginMode wanted = mode == "isolated" ? MarginMode::isolated : MarginMode::cross;
  const MarginMode stands = venue_.desk.margin_mode(account_, product_.instrument);
  if (stands == wanted) return std::nullopt;
  const Reject refused = venue_.desk.set_margin_mode(account_, product_.instrument, wanted);
  // The venue keeps cross and isolated positions of one contract side by side; the exchange does
  // not.
  if (refused != Reject::none)
    return Refusal{51000, "Parameter tdMode error: positions or orders of the other mode exist"};
  before_ = stands;
  return std::nullopt;
}

TradeMode::~TradeMode() {
  if (before_) venue_.desk.set_margin_mode(account_, product_.instrument, *before_);
}

namespace {

// What closes an order's fills again.
Algo closing_algo(const SubmitOrder& o, std::string_view trade_mode) {
  return {.account = o.account,
          .instrument = o.instrument,
          .trade_mode = std::string(trade_mode),
          .side = o.side == Side::buy ? Side::sell : Side::buy,
          .position = o.position,
          .qty = o.qty,
          .reduce_only = true};
}

// One take-profit and one stop-loss at most: they are placed together, and one ends the other.
std::optional<Refusal> settle_legs(Algo& algo) {
  if (algo.legs.size() > 2 ||
      (algo.legs.size() == 2 && algo.legs[0].take_profit == algo.legs[1].take_profit))
    return parameter_error("attachAlgoOrds");
  algo.type = algo.legs.size() > 1 ? "oco" : "conditional";
  return std::nullopt;
}

std::optional<Refusal> change_leg(const Parameters& ask, bool take_profit, Algo& algo,
                                  bool& changed) {
  const std::string head = take_profit ? "newTp" : "newSl";
  std::optional<Price> trigger, limit;
  if (auto r = read(ask, head + "TriggerPx", trigger)) return r;
  if (auto r = read_order_price(ask, head + "OrdPx", limit)) return r;
  const bool priced = ask.has(head + "OrdPx");
  if (!trigger && !priced) return std::nullopt;
  changed = true;
  const auto stands = std::find_if(algo.legs.begin(), algo.legs.end(),
                                   [&](const AlgoLeg& l) { return l.take_profit == take_profit; });
  // A price of 0 takes it away.
  if ((trigger && trigger->raw() == 0) || (limit && limit->raw() == 0)) {
    if (stands != algo.legs.end()) algo.legs.erase(stands);
    return std::nullopt;
  }
  if (stands == algo.legs.end() && !trigger) return parameter_error(head + "TriggerPx");
  AlgoLeg leg = stands == algo.legs.end() ? AlgoLeg{.take_profit = take_profit} : *stands;
  if (trigger) leg.trigger = *trigger;
  if (priced) leg.limit = limit;
  if (ask.has(head + "TriggerPxType")) leg.by = watched_price(ask[head + "TriggerPxType"]);
  if (stands == algo.legs.end())
    algo.legs.push_back(leg);
  else
    *stands = leg;
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const AttachedStops> attached_stops(const Algo& algo) {
  AttachedStops out;
  out.client_id = algo.client_id;
  for (const AlgoLeg& leg : algo.legs)
    (leg.take_profit ? out.take_profit : out.stop_loss) =
        AttachedStop{leg.trigger, leg.limit, leg.by};
  return std::make_shared<const AttachedStops>(std::move(out));
}

std::optional<Refusal> read_attached_change(const OrderRecord& order, const Algo* attached,
                                            const Parameters& row,
                                            const std::vector<Parameters>& stops,
                                            std::optional<Algo>& out) {
  Algo algo =
      attached ? *attached : closing_algo(order.asked, OrderNote::read(order.tag).trade_mode);
  bool changed = false;
  for (const bool take_profit : {true, false}) {
    if (auto r = change_leg(row, take_profit, algo, changed)) return r;
    for (const Parameters& stop : stops) {
      if (auto r = change_leg(stop, take_profit, algo, changed)) return r;
    }
  }
  if (!changed) return std::nullopt;
  if (auto r = settle_legs(algo)) return r;
  out = std::move(algo);
  return std::nullopt;
}

std::optional<Refusal> read_order(const Venue& venue, AccountId account, const Parameters& ask,
                                  const std::vector<Parameters>& attached, AskedOrder& out) {
  const Product* product = nullptr;
  if (auto r = read_product(venue, ask, product)) return r;
  SubmitOrder& o = out.request.order;
  o.account = account;
  o.instrument = product->instrument;
  o.reduce_only = ask.is_true("reduceOnly");
  if (auto r = read_sides(venue, ask, *product, account, o.side, o.position, o.reduce_only))
    return r;
  if (auto r = read_kind(ask, o)) return r;
  if (auto r = read_size(venue, ask, *product, out.request)) return r;
  if (o.type == OrderType::limit) {
    std::optional<Price> price;
    if (auto r = read(ask, "px", price)) return r;
    if (!price || price->raw() <= 0) return parameter_error("px");
    o.price = *price;
  }
  // Without a mode OKX cancels the maker.
  const std::string_view own_trades = ask["stpMode"];
  o.self_trade = own_trades == "cancel_taker"  ? SelfTrade::expire_taker
                 : own_trades == "cancel_both" ? SelfTrade::expire_both
                                               : SelfTrade::expire_maker;
  if (!is_client_id(ask["clOrdId"])) return parameter_error("clOrdId");
  if (!is_client_id(ask["tag"])) return parameter_error("tag");
  out.request.client_id = ask["clOrdId"];
  OrderNote note;
  note.tag = ask["tag"];
  note.trade_mode = ask["tdMode"];
  out.request.tag = note.text();
  Algo algo = closing_algo(o, note.trade_mode);
  for (const Parameters& stop : attached) {
    if (algo.client_id.empty()) algo.client_id = std::string(stop["attachAlgoClOrdId"]);
    if (auto r = read_legs(stop, algo)) return r;
  }
  // Older clients write tpTriggerPx and the like into the order itself.
  if (algo.legs.empty()) {
    if (auto r = read_legs(ask, algo)) return r;
  }
  if (auto r = settle_legs(algo)) return r;
  if (algo.legs.empty()) return std::nullopt;
  out.request.attached = attached_stops(algo);
  out.protection = std::move(algo);
  return std::nullopt;
}

namespace {

// callbackRatio (0.01 is one percent) or callbackSpread; from activePx on, where it is given.
std::optional<Refusal> read_trailing(const Parameters& ask, Algo& out) {
  Trailing trailing;
  std::optional<Rate> share;
  std::optional<Price> distance;
  if (auto r = read(ask, "callbackRatio", share)) return r;
  if (auto r = read(ask, "callbackSpread", distance)) return r;
  if (auto r = read(ask, "activePx", trailing.from)) return r;
  if (share.has_value() == distance.has_value()) return parameter_error("callbackRatio");
  const bool fits = !share || (share->raw() >= Rate::scale / 1'000 && share->raw() <= Rate::scale);
  if (!fits) return parameter_error("callbackRatio");
  if (distance && distance->raw() <= 0) return parameter_error("callbackSpread");
  trailing.share = share.value_or(Rate());
  trailing.distance = distance.value_or(Price());
  AlgoLeg leg;
  leg.trailing = trailing;
  out.legs.push_back(leg);
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> read_algo(const Venue& venue, AccountId account, const Parameters& ask,
                                 Algo& out) {
  const Product* product = nullptr;
  if (auto r = read_product(venue, ask, product)) return r;
  out.account = account;
  out.instrument = product->instrument;
  out.type = ask["ordType"];
  out.reduce_only = ask.is_true("reduceOnly");
  out.tag = ask["tag"];
  out.client_id = ask.has("algoClOrdId") ? ask["algoClOrdId"] : ask["clOrdId"];
  out.trade_mode = ask["tdMode"];
  if (!is_client_id(out.client_id)) return parameter_error("algoClOrdId");
  if (!is_client_id(out.tag)) return parameter_error("tag");
  if (auto r = read_sides(venue, ask, *product, account, out.side, out.position, out.reduce_only))
    return r;
  out.closes_position = ask["closeFraction"] == "1";
  std::optional<Qty> size;
  if (auto r = read(ask, "sz", size)) return r;
  // closeFraction 1 is the only one there is: all of the position, and its size is looked up.
  if (out.closes_position) {
    out.reduce_only = true;
    for (const auto& p : venue.desk.positions(account)) {
      if (p.instrument == out.instrument &&
          (p.side == PositionSide::long_side) == (out.side == Side::sell))
        size = p.qty;
    }
  }
  if (!size || size->raw() <= 0) return parameter_error("sz");
  out.qty = *size;
  if (is_by_value(ask, *product, out.side)) out.money = Amount::raw(size->raw());
  if (out.type == "conditional" || out.type == "oco") {
    if (auto r = read_legs(ask, out)) return r;
    if (out.legs.empty() || (out.type == "oco" && out.legs.size() != 2))
      return parameter_error("tpTriggerPx or slTriggerPx");
    return std::nullopt;
  }
  if (out.type == "move_order_stop") return read_trailing(ask, out);
  if (out.type != "trigger") return Refusal{51000, "Parameter ordType error"};
  std::optional<Price> trigger;
  if (auto r = read(ask, "triggerPx", trigger)) return r;
  if (!trigger || trigger->raw() <= 0) return parameter_error("triggerPx");
  AlgoLeg leg{.trigger = *trigger, .by = watched_price(ask["triggerPxType"])};
  if (auto r = read_order_price(ask, ask.has("orderPx") ? "orderPx" : "ordPx", leg.limit)) return r;
  // A trigger order waits for its price from wherever the market stands.
  const auto now = venue.desk.price_of(out.instrument, leg.by);
  const bool rises = now && *trigger > *now;
  leg.take_profit = now && rises == (out.side == Side::sell);
  out.legs.push_back(leg);
  return std::nullopt;
}

}  // namespace delever::gateways::okx
