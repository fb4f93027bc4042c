#include "gateways/hyperliquid/order_wire.h"

#include <fmt/format.h>

#include "base/text.h"

namespace delever::gateways::hyperliquid {
namespace {

constexpr int64_t kValueLeast = 10;  // dollars

bool is_client_id(std::string_view id) {
  return id.size() == 34 && id.starts_with("0x") &&
         id.find_first_not_of("0123456789abcdefABCDEF", 2) == id.npos;
}

bool read_kind(OrderWire& out, Json kind) {
  if (const auto limit = object_in(kind, "limit")) {
    out.lifetime = text_in(*limit, "tif").value_or("");
    return out.lifetime == "Gtc" || out.lifetime == "Alo" || out.lifetime == "Ioc" ||
           out.lifetime == "FrontendMarket" || out.lifetime == "LiquidationMarket";
  }
  const auto trigger = object_in(kind, "trigger");
  if (!trigger) return false;
  const auto market = flag_in(*trigger, "isMarket");
  const auto price = text_in(*trigger, "triggerPx"), tpsl = text_in(*trigger, "tpsl");
  if (!market || !price || !tpsl || (*tpsl != "tp" && *tpsl != "sl")) return false;
  out.market = *market;
  out.take_profit = *tpsl == "tp";
  out.trigger = *price;
  return true;
}

bool on_tick(const Asset& asset, const Desk& desk, Price price) {
  const auto& tick = desk.listing(asset.instrument).rules.contract->tick;
  return Universe::price_allowed(asset, price) &&
         (!tick || tick->raw() <= 0 || price.raw() % tick->raw() == 0);
}

bool too_far(Price price, std::optional<Price> mark) {
  if (!mark || mark->raw() <= 0) return false;
  const Wide away = price > *mark ? price.raw() - mark->raw() : mark->raw() - price.raw();
  return away * 10 > Wide{mark->raw()} * 8;
}

std::string check_size(const Asset& asset, const Desk& desk, const OrderWire& wire, Qty qty,
                       Price price) {
  const ContractRule& contract = *desk.listing(asset.instrument).rules.contract;
  if (qty.raw() == 0) return fmt::format("Order has zero size. asset={}", asset.number);
  if (qty.raw() < 0 || (contract.step && qty.raw() % contract.step->raw() != 0))
    return fmt::format("Order has invalid size. asset={}", asset.number);
  const Wide value = static_cast<Wide>(price.raw()) * qty.raw();
  if (!wire.reduce_only && value < Wide{kValueLeast} * Price::scale * Qty::scale)
    return fmt::format("Order must have minimum value of ${}. asset={}", kValueLeast, asset.number);
  return {};
}

}  // namespace

std::optional<OrderWire> read_order(Json order) {
  OrderWire out;
  const auto asset = whole_in(order, "a");
  const auto buy = flag_in(order, "b"), reduce = flag_in(order, "r");
  const auto price = text_in(order, "p"), size = text_in(order, "s");
  const auto kind = object_in(order, "t");
  if (!asset || *asset < 0 || !buy || !reduce || !price || !size || !kind) return std::nullopt;
  out.asset = static_cast<uint64_t>(*asset);
  out.buy = *buy;
  out.reduce_only = *reduce;
  out.price = *price;
  out.size = *size;
  if (!read_kind(out, *kind)) return std::nullopt;
  if (const auto id = text_in(order, "c")) {
    if (!is_client_id(*id)) return std::nullopt;
    out.client_id = lower(*id);
  }
  return out;
}

OrderRequest Ordered::request(std::string client_id) const {
  return {.order = order,
          .client_id = std::move(client_id),
          .tag = tag,
          .take_profit = take_profit,
          .closes_position = closes_position,
          .added_fee = builder_fee};
}

Ordered to_command(const OrderWire& wire, const Shapes& shapes, AccountId account,
                   const OrderTerms& terms) {
  Ordered out;
  const Asset* const asset = shapes.universe().by_number(wire.asset);
  if (!asset) return out.refused = fmt::format("Invalid asset. asset={}", wire.asset), out;
  const Desk& desk = shapes.desk();
  const auto price = Price::parse(wire.price);
  const auto qty = Qty::parse(wire.size);
  if (!qty.has_value())
    return out.refused = fmt::format("Order has invalid size. asset={}", wire.asset), out;
  if (!price.has_value() || !on_tick(*asset, desk, price.value()))
    return out.refused = fmt::format("Price must be divisible by tick size. asset={}", wire.asset),
           out;
  out.closes_position = terms.position_tpsl && wire.lifetime.empty() && qty.value() == Qty();
  if (!out.closes_position)
    out.refused = check_size(*asset, desk, wire, qty.value(), price.value());
  if (!out.refused.empty()) return out;
  const auto mark = desk.door().exchange().mark(asset->instrument);
  SubmitOrder& o = out.order;
  o.account = account;
  o.instrument = asset->instrument;
  o.side = wire.buy ? Side::buy : Side::sell;
  o.price = price.value();
  o.qty = qty.value();
  o.reduce_only = wire.reduce_only;
  o.self_trade = SelfTrade::expire_maker;
  if (wire.lifetime == "Alo") o.time_in_force = TimeInForce::post_only;
  if (wire.lifetime == "Ioc" || wire.lifetime == "FrontendMarket")
    o.time_in_force = TimeInForce::immediate_or_cancel;
  out.builder_fee = Rate::raw(terms.builder_fee * (Rate::scale / 100'000));
  OrderTag tag{.position_tpsl = terms.position_tpsl, .builder = terms.builder};
  if (!wire.lifetime.empty()) {
    if (!tag.builder.empty()) out.tag = tag.text();
    if (too_far(o.price, mark))
      out.refused =
          fmt::format("Order price cannot be more than 80% away from the reference price. asset={}",
                      wire.asset);
    return out;
  }
  const auto trigger = Price::parse(wire.trigger);
  if (!trigger.has_value() || !on_tick(*asset, desk, trigger.value()))
    return out.refused = fmt::format("Invalid TP/SL price. asset={}", wire.asset), out;
  o.type = wire.market ? OrderType::stop_market : OrderType::stop_limit;
  o.trigger = trigger.value();
  o.trigger_by = TriggerBy::mark;
  out.take_profit = wire.take_profit;
  tag.price = wire.price;
  out.tag = tag.text();
  return out;
}

std::string unknown_order(uint64_t asset) {
  return fmt::format("Order was never placed, already canceled, or filled. asset={}", asset);
}

std::string refusal(Reject reject, const Shapes& shapes, const Asset& asset) {
  const auto of_asset = [&](std::string_view text) {
    return fmt::format("{} asset={}", text, asset.number);
  };
  switch (reject) {
    case Reject::none:
      return {};
    case Reject::not_enough_margin:
    case Reject::bad_leverage:
      return of_asset("Insufficient margin to place order.");
    case Reject::not_enough_balance:
      return asset.spot ? fmt::format("Insufficient spot balance asset={}", asset.number)
                        : of_asset("Insufficient margin to place order.");
    case Reject::nothing_to_reduce:
      return of_asset("Reduce only order would increase position.");
    case Reject::would_trigger:
      return of_asset("Invalid TP/SL price.");
    case Reject::bad_price:
      return of_asset("Price must be divisible by tick size.");
    case Reject::bad_quantity:
    case Reject::too_large:
    case Reject::bad_amount:
      return of_asset("Order has invalid size.");
    case Reject::no_such_order:
      return unknown_order(asset.number);
    case Reject::not_filled:
      return of_asset("Order could not immediately match against any resting orders.");
    case Reject::would_take: {
      const BookSnapshot book = shapes.desk().book(asset.instrument, 1);
      const auto best = [](const std::vector<Level>& side) {
        return side.empty() ? std::string("None") : side.front().price.text();
      };
      return of_asset(fmt::format("Post only order would have immediately matched, bbo was {}@{}.",
                                  best(book.bids), best(book.asks)));
    }
    case Reject::in_liquidation:
      return of_asset("Cannot place order while the account is being liquidated.");
    case Reject::no_mark:
    case Reject::expired:
      return of_asset("Trading is halted.");
    default:
      return of_asset(fmt::format("Order was refused: {}.", reject_name(reject)));
  }
}

}  // namespace delever::gateways::hyperliquid
