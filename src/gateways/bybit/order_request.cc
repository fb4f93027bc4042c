#include "gateways/bybit/order_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateways/bybit/account_rows.h"

namespace delever::gateways::bybit {
namespace {

// Bybit's limit for orderLinkId: letters, digits, dashes, underscores.
constexpr size_t kLinkIdMost = 36;

bool is_link_id(std::string_view text) {
  return text.size() <= kLinkIdMost && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

template <class T>
std::optional<Refusal> read(const Parameters& ask, std::string_view name, std::optional<T>& out) {
  auto found = ask.fixed<T>(name);
  if (!found.has_value()) return bad_parameter(fmt::format("{} invalid", name));
  out = found.value();
  return std::nullopt;
}

std::optional<Refusal> read_trigger_by(std::string_view text, WatchedPrice& out) {
  if (text.empty() || text == "LastPrice")
    out = WatchedPrice::last;
  else if (text == "MarkPrice")
    out = WatchedPrice::mark;
  else if (text == "IndexPrice")
    out = WatchedPrice::index;
  else
    return bad_parameter("triggerBy invalid");
  return std::nullopt;
}

std::optional<Refusal> read_time_in_force(const Parameters& ask, SubmitOrder& o) {
  const std::string_view text = ask["timeInForce"];
  // The venue takes a market order as IOC whatever is asked, but for FOK.
  if (o.type == OrderType::market || o.type == OrderType::stop_market) {
    o.time_in_force = TimeInForce::immediate_or_cancel;
    if (text == "FOK") o.time_in_force = TimeInForce::fill_or_kill;
    return std::nullopt;
  }
  if (text.empty() || text == "GTC")
    o.time_in_force = TimeInForce::good_till_cancelled;
  else if (text == "IOC")
    o.time_in_force = TimeInForce::immediate_or_cancel;
  else if (text == "FOK")
    o.time_in_force = TimeInForce::fill_or_kill;
  // RPI rests for retail takers alone; there are none here, and what is left of it is post-only.
  else if (text == "PostOnly" || text == "RPI")
    o.time_in_force = TimeInForce::post_only;
  else
    return bad_parameter("timeInForce invalid");
  return std::nullopt;
}

SelfTrade self_trade_of(std::string_view text) {
  if (text == "CancelMaker") return SelfTrade::expire_maker;
  if (text == "CancelTaker") return SelfTrade::expire_taker;
  if (text == "CancelBoth") return SelfTrade::expire_both;
  return SelfTrade::allow;
}

std::optional<Refusal> read_position_index(const Venue& venue, const Parameters& ask,
                                           SubmitOrder& o) {
  const int64_t index = ask.whole("positionIdx").value_or(0);
  const bool hedge = venue.desk.hedge(o.account);
  // 0 belongs to one-way mode, 1 and 2 to a hedge: the venue refuses the wrong pair.
  if (index < 0 || index > 2 || (index == 0) == hedge)
    return Refusal{10001, "position idx not match position mode"};
  // In one-way mode the exchange does not read it; a closing order of a hedge names what it closes.
  o.position = index == 2 ? PositionSide::short_side : PositionSide::long_side;
  if (hedge && (o.side == Side::buy) != (index == 1)) o.reduce_only = true;
  return std::nullopt;
}

// A stop waits for a price from where the market stands: rising 1, falling 2.
std::optional<Refusal> read_trigger(const Venue& venue, const Parameters& ask,
                                    const Product& product, AskedOrder& out) {
  SubmitOrder& o = out.request.order;
  std::optional<Price> trigger;
  if (auto r = read(ask, "triggerPrice", trigger)) return r;
  // An empty price or 0 is no stop.
  if (!trigger || *trigger == Price()) return std::nullopt;
  WatchedPrice by = WatchedPrice::last;
  if (auto r = read_trigger_by(ask["triggerBy"], by)) return r;
  if (product.category == Category::spot) by = WatchedPrice::last;
  out.request.watch(by);
  const auto now = venue.desk.price_of(product.instrument, by);
  int64_t direction = ask.whole("triggerDirection").value_or(0);
  // Contracts must say in which direction; for spot the venue sees it from the price.
  if (direction == 0 && product.category == Category::spot && now)
    direction = *trigger > *now ? 1 : 2;
  if (direction != 1 && direction != 2) return bad_parameter("triggerDirection invalid");
  o.type = o.type == OrderType::market ? OrderType::stop_market : OrderType::stop_limit;
  o.trigger = *trigger;
  out.request.tag = kConditional;
  // The exchange's stops go with the move: a buy on a rise, a sale on a fall. The other two wait at
  // the desk, as take-profits do.
  out.request.take_profit = (direction == 1) == (o.side == Side::sell);
  // The venue's own words; it prints prices in 1e-4, and Price has 1e-10.
  out.trigger_words =
      fmt::format("expect {}, but trigger_price[{}] {}= current[{}]??{}",
                  direction == 1 ? "Rising" : "Falling", trigger->raw() / 1'000'000,
                  direction == 1 ? '<' : '>', now ? now->raw() / 1'000'000 : 0, trigger_name(by));
  return std::nullopt;
}

// A market buy of spot is by default so much money, not so many coins; a conditional one as well,
// whose coins are counted when it is due.
std::optional<Refusal> read_qty(const Venue& venue, const Parameters& ask, const Product& product,
                                AskedOrder& out) {
  SubmitOrder& o = out.request.order;
  std::optional<Qty> qty;
  if (auto r = read(ask, "qty", qty)) return r;
  if (!qty) return Refusal{10001, "Qty invalid"};
  const bool at_market = o.type == OrderType::market || o.type == OrderType::stop_market;
  const bool by_value =
      product.category == Category::spot && at_market &&
      (ask["marketUnit"] == "quoteCoin" || (ask["marketUnit"].empty() && o.side == Side::buy));
  if (by_value) {
    out.request.money = Amount::raw(qty->raw());
    if (o.type == OrderType::stop_market) return std::nullopt;
    const BookSnapshot best = venue.exchange().depth(product.instrument, 1);
    if ((o.side == Side::buy ? best.asks : best.bids).empty())
      return Refusal{170193, "no price to trade at"};
    o.qty = venue.desk.quantity_for(product.instrument, o.side, *out.request.money);
    return std::nullopt;
  }
  // A quantity of 0 closes all of the position; of a stop, all that there is when it is due.
  const bool whole = *qty == Qty() && o.reduce_only && ask.is_true("closeOnTrigger");
  if (whole) {
    for (const auto& p : venue.desk.positions(o.account)) {
      if (p.instrument == o.instrument &&
          (p.side == PositionSide::long_side) == (o.side == Side::sell))
        qty = p.qty;
    }
    out.request.closes_position = o.trigger.raw() > 0;
  }
  o.qty = *qty;
  return std::nullopt;
}

// Of what opens or enlarges a position, at its own price or the last one.
std::optional<Refusal> check_value(const Venue& venue, const Product& product,
                                   const SubmitOrder& o) {
  const auto& least = product.contract->notional_min;
  if (!least || o.reduce_only || product.category != Category::linear) return std::nullopt;
  const bool limit = o.type == OrderType::limit || o.type == OrderType::stop_limit;
  const auto last = venue.exchange().last(product.instrument);
  const Price at = limit  ? o.price
                   : last ? *last
                          : venue.exchange().mark(product.instrument).value_or(Price());
  const Wide value = static_cast<Wide>(o.qty.raw()) * at.raw();
  if (at <= Price() || o.qty <= Qty() || value >= Wide{least->raw()} * Price::scale)
    return std::nullopt;
  return Refusal{110094,
                 "Order does not meet minimum order value " + least->text() + product.quote};
}

}  // namespace

std::optional<Refusal> read_product(const Venue& venue, const Parameters& ask,
                                    const Product*& out) {
  const auto category = read_category(ask["category"]);
  if (!category) return Refusal{10001, "Illegal category"};
  out = venue.catalog.find(*category, ask["symbol"]);
  if (!out) return Refusal{10001, "params error: symbol invalid"};
  return std::nullopt;
}

std::optional<Refusal> read_protection(const Parameters& ask, Protection& out) {
  const auto positive = [](std::optional<Price>& p) {
    if (p && p->raw() <= 0) p.reset();
  };
  if (auto r = read(ask, "takeProfit", out.take_profit)) return r;
  if (auto r = read(ask, "stopLoss", out.stop_loss)) return r;
  if (auto r = read(ask, "tpLimitPrice", out.take_profit_limit)) return r;
  if (auto r = read(ask, "slLimitPrice", out.stop_loss_limit)) return r;
  if (auto r = read(ask, "tpSize", out.take_profit_qty)) return r;
  if (auto r = read(ask, "slSize", out.stop_loss_qty)) return r;
  if (auto r = read_trigger_by(ask["tpTriggerBy"], out.take_profit_by)) return r;
  if (auto r = read_trigger_by(ask["slTriggerBy"], out.stop_loss_by)) return r;
  for (auto* p : {&out.take_profit, &out.stop_loss, &out.take_profit_limit, &out.stop_loss_limit})
    positive(*p);
  if (auto r = read(ask, "trailingStop", out.trailing)) return r;
  if (auto r = read(ask, "activePrice", out.trailing_from)) return r;
  positive(out.trailing);
  positive(out.trailing_from);
  if (ask["tpOrderType"] != "Limit") out.take_profit_limit.reset();
  if (ask["slOrderType"] != "Limit") out.stop_loss_limit.reset();
  out.partial = ask["tpslMode"] == "Partial";
  return std::nullopt;
}

std::shared_ptr<const AttachedStops> Protection::as_attached() const {
  AttachedStops out;
  out.partial = partial;
  if (take_profit) out.take_profit = AttachedStop{*take_profit, take_profit_limit, take_profit_by};
  if (stop_loss) out.stop_loss = AttachedStop{*stop_loss, stop_loss_limit, stop_loss_by};
  return any() ? std::make_shared<const AttachedStops>(std::move(out)) : nullptr;
}

// A limit is named by itself here: an amendment has no tpOrderType.
Protection Protection::amended(const Parameters& ask, const Protection& to) const {
  Protection out = *this;
  const auto limit = [&](std::string_view name, std::optional<Price>& is) {
    const auto price = ask.fixed<Price>(name);
    if (!ask.has(name) || !price.has_value()) return;
    is = price.value()->raw() > 0 ? price.value() : std::nullopt;
  };
  if (ask.has("takeProfit")) out.take_profit = to.take_profit;
  if (ask.has("stopLoss")) out.stop_loss = to.stop_loss;
  if (ask.has("tpTriggerBy")) out.take_profit_by = to.take_profit_by;
  if (ask.has("slTriggerBy")) out.stop_loss_by = to.stop_loss_by;
  limit("tpLimitPrice", out.take_profit_limit);
  limit("slLimitPrice", out.stop_loss_limit);
  if (ask.has("tpslMode")) out.partial = to.partial;
  return out;
}

std::optional<Refusal> read_order(const Venue& venue, AccountId account, const Parameters& ask,
                                  AskedOrder& out) {
  const Product* product = nullptr;
  if (auto r = read_product(venue, ask, product)) return r;
  SubmitOrder& o = out.request.order;
  o.account = account;
  o.instrument = product->instrument;
  const std::string_view side = ask["side"], type = ask["orderType"];
  if (side != "Buy" && side != "Sell") return Refusal{10001, "Side invalid"};
  if (type != "Limit" && type != "Market") return Refusal{10001, "OrderType invalid"};
  o.side = side == "Buy" ? Side::buy : Side::sell;
  o.type = type == "Limit" ? OrderType::limit : OrderType::market;
  o.reduce_only = ask.is_true("reduceOnly") || ask.is_true("closeOnTrigger");
  o.self_trade = self_trade_of(ask["smpType"]);
  if (!is_link_id(ask["orderLinkId"])) return bad_parameter("orderLinkId invalid");
  out.request.client_id = ask["orderLinkId"];
  if (product->category != Category::spot) {
    if (auto r = read_position_index(venue, ask, o)) return r;
  }
  // First the trigger: it turns the type into a stop, which the time in force and the quantity ask
  // for.
  if (auto r = read_trigger(venue, ask, *product, out)) return r;
  if (auto r = read_time_in_force(ask, o)) return r;
  if (auto r = read_qty(venue, ask, *product, out)) return r;
  std::optional<Price> price;
  if (auto r = read(ask, "price", price)) return r;
  if (o.type == OrderType::limit || o.type == OrderType::stop_limit) {
    if (!price || price->raw() <= 0) return Refusal{10001, "Price invalid"};
    o.price = *price;
  }
  if (auto r = check_value(venue, *product, o)) return r;
  if (auto r = read_protection(ask, out.protection)) return r;
  out.request.attached = out.protection.as_attached();
  return std::nullopt;
}

namespace {

// What closes a position on one side, whatever sets it off.
SubmitOrder closing_order(AccountId account, InstrumentId instrument, PositionSide side) {
  SubmitOrder o;
  o.account = account;
  o.instrument = instrument;
  o.side = side == PositionSide::long_side ? Side::sell : Side::buy;
  o.position = side;
  o.reduce_only = true;
  return o;
}

}  // namespace

OrderRequest protection_order(const Venue& venue, AccountId account, InstrumentId instrument,
                              PositionSide side, const Protection& of, bool take_profit,
                              std::optional<Qty> qty) {
  OrderRequest r{.order = closing_order(account, instrument, side)};
  SubmitOrder& o = r.order;
  o.trigger = take_profit ? *of.take_profit : *of.stop_loss;
  r.watch(take_profit ? of.take_profit_by : of.stop_loss_by);
  const auto& limit = take_profit ? of.take_profit_limit : of.stop_loss_limit;
  o.type = limit ? OrderType::stop_limit : OrderType::stop_market;
  o.price = limit.value_or(Price());
  o.time_in_force = limit ? TimeInForce::good_till_cancelled : TimeInForce::immediate_or_cancel;
  Qty whole;
  for (const auto& p : venue.desk.positions(account)) {
    if (p.instrument == instrument && p.side == side) whole = p.qty;
  }
  o.qty = qty.value_or(whole);
  r.take_profit = take_profit;
  // Without a quantity the order follows the position: its size is read again when it is due.
  r.closes_position = !qty;
  r.tag = std::string(qty ? "Partial" : "") + (take_profit ? "TakeProfit" : "StopLoss");
  return r;
}

OrderRequest trailing_order(AccountId account, InstrumentId instrument, PositionSide side,
                            const Protection& of) {
  OrderRequest r{.order = closing_order(account, instrument, side)};
  SubmitOrder& o = r.order;
  r.watch(WatchedPrice::last);
  o.type = OrderType::stop_market;
  o.time_in_force = TimeInForce::immediate_or_cancel;
  r.trailing = Trailing{.share = {}, .distance = *of.trailing, .from = of.trailing_from};
  r.closes_position = true;
  r.tag = "TrailingStop";
  return r;
}

}  // namespace delever::gateways::bybit
