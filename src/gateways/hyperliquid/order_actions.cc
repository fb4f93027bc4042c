// Actions on orders: place, cancel, modify.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "gateways/hyperliquid/actions.h"

namespace delever::gateways::hyperliquid {
namespace {

std::string with_statuses(std::string_view type, JsonWriter& statuses) {
  statuses.close();
  JsonWriter w;
  w.open('{').text("status", "ok").open("response", '{').text("type", type);
  w.open("data", '{').raw("statuses", statuses.take()).close().close().close();
  return w.take();
}

void write_error(JsonWriter& w, std::string_view text) { w.open('{').text("error", text).close(); }

// An order that still stands is resting, whatever it has traded; others carry their fill.
void write_placed(JsonWriter& w, const OrderRecord& order) {
  if (is_live(order.state)) {
    w.open('{').open("resting", '{').raw("oid", order.number);
    if (!order.client_id.empty()) w.text("cloid", order.client_id);
    w.close().close();
    return;
  }
  w.open('{').open("filled", '{').text("totalSz", decimal(order.filled));
  w.text("avgPx", decimal(order.average() ? order.average()->approx() : 0.0, 8));
  w.raw("oid", order.number);
  if (!order.client_id.empty()) w.text("cloid", order.client_id);
  w.close().close();
}

// A modified order is still its builder's.
OrderTerms terms_of_record(const OrderRecord& order) {
  return {.builder = OrderTag::parse(order.tag).builder,
          .builder_fee = order.added_fee.raw() / (Rate::scale / 100'000)};
}

}  // namespace

// An order that found nothing to trade with at once was taken by the desk and is an error here.
Actions::Outcome Actions::place(AccountId account, const OrderWire& wire, const OrderTerms& terms) {
  const auto refuse = [&](std::string text) -> Outcome {
    count_refusal(account, text);
    return {.refused = std::move(text)};
  };
  const Ordered ordered = to_command(wire, shapes_, account, terms);
  if (!ordered.refused.empty()) return refuse(ordered.refused);
  const Asset& asset = *shapes_.universe().by_number(wire.asset);
  const Placed placed = desk_.submit(ordered.request(wire.client_id));
  if (placed.reject != Reject::none || !placed.order)
    return refuse(refusal(placed.reject, shapes_, asset));
  if (placed.order->state == OrderState::expired && placed.order->filled == Qty())
    return refuse(refusal(Reject::not_filled, shapes_, asset));
  return {.number = placed.order->number};
}

void Actions::write_outcome(JsonWriter& w, AccountId account, const Outcome& outcome) const {
  if (!outcome.refused.empty()) return write_error(w, outcome.refused);
  const OrderRecord* const order = desk_.order(account, outcome.number);
  CHECK(order);
  write_placed(w, *order);
}

// {"b":"0x..","f":10}: whoever brought the orders, and its share in tenths of a basis point.
std::optional<OrderTerms> Actions::terms_of(const SignedRequest& r,
                                            std::string_view grouping) const {
  OrderTerms terms{.position_tpsl = grouping == "positionTpsl"};
  const auto builder = object_in(r.action, "builder");
  if (!builder) return terms;
  const auto address = text_in(*builder, "b");
  const auto share = whole_in(*builder, "f");
  if (!address || !share || *share < 0 || !Builders::is_address(*address)) return std::nullopt;
  terms.builder = lower(*address);
  terms.builder_fee = *share;
  return terms;
}

bool Actions::builder_may(AccountId account, const OrderTerms& terms,
                          const std::vector<OrderWire>& orders) const {
  if (terms.builder.empty()) return true;
  return std::all_of(orders.begin(), orders.end(), [&](const OrderWire& wire) {
    const Asset* const asset = shapes_.universe().by_number(wire.asset);
    return builders_.may(account, terms.builder, terms.builder_fee, asset && asset->spot);
  });
}

struct Actions::Group {
  AccountId account = 0;
  std::string_view grouping;
  OrderTerms terms;
  bool first = true;
  uint64_t parent = 0;
  std::vector<uint64_t> siblings;
  std::vector<Ordered> children;
  std::vector<std::string> client_ids;
};

// In a normalTpsl group the first order is the parent: the rest wait until it is filled, or for
// their triggers where it is already.
void Actions::order_of_group(Group& g, const OrderWire& wire, JsonWriter& w) {
  const bool child = g.grouping == "normalTpsl" && !std::exchange(g.first, false);
  if (child && g.parent == 0) return write_error(w, "Parent order was not placed.");
  if (child && is_live(desk_.order(g.account, g.parent)->state)) {
    Ordered waiting = to_command(wire, shapes_, g.account, g.terms);
    if (!waiting.refused.empty()) return write_error(w, waiting.refused);
    g.children.push_back(std::move(waiting));
    g.client_ids.push_back(wire.client_id);
    w.item("waitingForFill");
    return;
  }
  const Outcome outcome = place(g.account, wire, g.terms);
  if (child && outcome.number != 0 && wire.lifetime.empty()) {
    w.item("waitingForTrigger");
  } else {
    write_outcome(w, g.account, outcome);
  }
  if (g.grouping == "normalTpsl" && !child) {
    g.parent = outcome.number;
  } else if (outcome.number != 0) {
    g.siblings.push_back(outcome.number);
    if (g.grouping == "positionTpsl") linked_.attach(g.account, outcome.number);
  }
}

Actions::Body Actions::order(AccountId account, const SignedRequest& r) {
  const auto list = list_in(r.action, "orders");
  const std::string_view grouping = text_in(r.action, "grouping").value_or("");
  if (!list || list->size() == 0 ||
      (grouping != "na" && grouping != "normalTpsl" && grouping != "positionTpsl"))
    return std::nullopt;
  std::vector<OrderWire> orders;
  for (const Json one : *list) {
    auto read = read_order(one);
    if (!read) return std::nullopt;
    orders.push_back(std::move(*read));
  }
  const auto terms = terms_of(r, grouping);
  if (!terms) return std::nullopt;
  if (!builder_may(account, *terms, orders)) {
    constexpr std::string_view why = "Builder fee has not been approved.";
    count_refusal(account, why);
    return failed(why);
  }
  Group group{.account = account, .grouping = grouping, .terms = *terms};
  JsonWriter w;
  w.open('[');
  for (const OrderWire& wire : orders) order_of_group(group, wire, w);
  if (!group.children.empty())
    linked_.wait(account, group.parent, std::move(group.children), std::move(group.client_ids));
  if (grouping != "na") linked_.join(account, std::move(group.siblings));
  return with_statuses("order", w);
}

// {"a":0,"b":true,"s":"1.0","r":false,"m":5,"t":false}: asset, whether it buys, size, whether it
// only reduces, minutes, and whether the slices shall come at random moments (they come every
// thirty seconds here).
Actions::Body Actions::twap_order(AccountId account, const SignedRequest& r) {
  const auto wire = object_in(r.action, "twap");
  if (!wire) return std::nullopt;
  const auto asset = whole_in(*wire, "a"), minutes = whole_in(*wire, "m");
  const auto buy = flag_in(*wire, "b"), reduce = flag_in(*wire, "r"),
             randomize = flag_in(*wire, "t");
  const auto size = text_in(*wire, "s");
  if (!asset || *asset < 0 || !minutes || !buy || !reduce || !randomize || !size)
    return std::nullopt;
  const Asset* const of = shapes_.universe().by_number(static_cast<uint64_t>(*asset));
  const auto qty = Qty::parse(*size);
  uint64_t id = 0;
  std::string refused = fmt::format("Invalid asset. asset={}", *asset);
  if (of && !of->spot)
    refused = twaps_.start({.account = account,
                            .asset = of,
                            .side = *buy ? Side::buy : Side::sell,
                            .size = qty.has_value() ? qty.value() : Qty(),
                            .minutes = *minutes,
                            .reduce_only = *reduce,
                            .randomize = *randomize},
                           id);
  if (!refused.empty()) count_refusal(account, refused);
  JsonWriter w;
  w.open('{').text("status", "ok").open("response", '{').text("type", "twapOrder");
  w.open("data", '{').open("status", '{');
  if (refused.empty()) {
    w.open("running", '{').raw("twapId", id).close();
  } else {
    w.text("error", refused);
  }
  return w.close().close().close().close().take();
}

Actions::Body Actions::twap_cancel(AccountId account, const SignedRequest& r) {
  const auto asset = whole_in(r.action, "a"), id = whole_in(r.action, "t");
  if (!asset || !id) return std::nullopt;
  const bool done =
      twaps_.cancel(account, static_cast<uint64_t>(*asset), static_cast<uint64_t>(*id));
  JsonWriter w;
  w.open('{').text("status", "ok").open("response", '{').text("type", "twapCancel");
  w.open("data", '{');
  if (done) {
    w.text("status", "success");
  } else {
    const std::string_view why = "TWAP was never placed, already canceled, or filled.";
    count_refusal(account, why);
    w.open("status", '{').text("error", why).close();
  }
  return w.close().close().close().take();
}

// The asset must be that of the order.
void Actions::cancel_one(AccountId account, uint64_t asset, const OrderRecord* found,
                         JsonWriter& w) {
  const Asset* const of =
      found ? shapes_.universe().by_instrument(found->asked.instrument) : nullptr;
  if (of && of->number == asset && is_live(found->state) &&
      desk_.cancel(account, found->number) == Reject::none) {
    w.item("success");
    return;
  }
  const std::string text = unknown_order(asset);
  count_refusal(account, text);
  write_error(w, text);
}

Actions::Body Actions::cancel(AccountId account, const SignedRequest& r) {
  const auto list = list_in(r.action, "cancels");
  if (!list || list->size() == 0) return std::nullopt;
  for (const Json one : *list) {
    if (!whole_in(one, "a") || !whole_in(one, "o")) return std::nullopt;
  }
  JsonWriter w;
  w.open('[');
  for (const Json one : *list) {
    const auto number = static_cast<uint64_t>(*whole_in(one, "o"));
    cancel_one(account, static_cast<uint64_t>(*whole_in(one, "a")), desk_.order(account, number),
               w);
  }
  return with_statuses("cancel", w);
}

// Of several orders with one id the newest is meant.
Actions::Body Actions::cancel_by_cloid(AccountId account, const SignedRequest& r) {
  const auto list = list_in(r.action, "cancels");
  if (!list || list->size() == 0) return std::nullopt;
  for (const Json one : *list) {
    if (!whole_in(one, "asset") || !text_in(one, "cloid")) return std::nullopt;
  }
  JsonWriter w;
  w.open('[');
  for (const Json one : *list)
    cancel_one(account, static_cast<uint64_t>(*whole_in(one, "asset")),
               desk_.by_client_id(account, lower(*text_in(one, "cloid"))), w);
  return with_statuses("cancel", w);
}

// The old order leaves and another enters under a new number. What can be told beforehand is
// refused while the old one still stands.
Actions::Outcome Actions::replace(AccountId account, Json modification) {
  const auto wire = object_in(modification, "order");
  const auto read = wire ? read_order(*wire) : std::nullopt;
  const auto number = whole_in(modification, "oid");
  const auto client_id = text_in(modification, "oid");
  const OrderRecord* const old =
      number ? desk_.order(account, static_cast<uint64_t>(*number))
             : (client_id ? desk_.by_client_id(account, lower(*client_id)) : nullptr);
  const auto refuse = [&](std::string text) -> Outcome {
    count_refusal(account, text);
    return {.refused = std::move(text)};
  };
  if (!read || !old || !is_live(old->state))
    return refuse("Cannot modify canceled or filled order");
  const OrderTerms terms = terms_of_record(*old);
  const Ordered checked = to_command(*read, shapes_, account, terms);
  if (!checked.refused.empty()) return refuse(checked.refused);
  const Asset& asset = *shapes_.universe().by_number(read->asset);
  if (asset.instrument != old->asked.instrument)
    return refuse("Cannot modify order of another asset");
  const BookSnapshot book = desk_.book(asset.instrument, 1);
  const std::vector<Level>& other = read->buy ? book.asks : book.bids;
  if (checked.order.time_in_force == TimeInForce::post_only && !other.empty() &&
      (read->buy ? checked.order.price >= other.front().price
                 : checked.order.price <= other.front().price))
    return refuse(refusal(Reject::would_take, shapes_, asset));
  desk_.cancel(account, old->number);
  return place(account, *read, terms);
}

// One order; batchModify answers with the new number.
Actions::Body Actions::modify(AccountId account, const SignedRequest& r) {
  const auto order = object_in(r.action, "order");
  if (!order || !read_order(*order)) return std::nullopt;
  const Outcome outcome = replace(account, r.action);
  return outcome.refused.empty() ? succeeded() : failed(outcome.refused);
}

Actions::Body Actions::batch_modify(AccountId account, const SignedRequest& r) {
  const auto list = list_in(r.action, "modifies");
  if (!list || list->size() == 0) return std::nullopt;
  for (const Json one : *list) {
    const auto order = object_in(one, "order");
    if (!order || !read_order(*order)) return std::nullopt;
  }
  JsonWriter w;
  w.open('[');
  for (const Json one : *list) write_outcome(w, account, replace(account, one));
  return with_statuses("order", w);
}

}  // namespace delever::gateways::hyperliquid
