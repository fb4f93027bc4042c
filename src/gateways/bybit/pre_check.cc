// What an order would make of the account's margin rates: asked for, and nothing placed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gateways/bybit/api.h"
#include "gateways/bybit/order_request.h"
#include "gateways/json_text.h"
#include "gateways/statement.h"

namespace delever::gateways::bybit {
namespace {

struct Needs {
  double initial = 0, maintenance = 0;  // in US dollars
};

// Signed; in hedge mode of the side that the order is of.
double held(const Desk& desk, const SubmitOrder& order) {
  double sum = 0;
  for (const exchange::PositionView& p : desk.positions(order.account)) {
    if (p.instrument != order.instrument) continue;
    if (desk.hedge(order.account) && p.side != order.position) continue;
    sum += p.side == PositionSide::long_side ? p.qty.approx() : -p.qty.approx();
  }
  return sum;
}

// At their own prices, which is what they hold.
double resting(const Desk& desk, const SubmitOrder& order, Side side, double size) {
  double sum = 0;
  for (const OrderRecord* o : desk.live(order.account)) {
    if (o->state != OrderState::open || o->asked.instrument != order.instrument) continue;
    if (o->asked.side != side || o->asked.reduce_only) continue;
    if (desk.hedge(order.account) && o->asked.position != order.position) continue;
    sum += o->left().approx() * o->asked.price.approx() * size;
  }
  return sum;
}

// Tier by tier, as Bybit's ladder goes.
double maintenance(const Desk& desk, InstrumentId instrument, double value) {
  const auto& ladder = desk.listing(instrument).rules.ladder;
  double sum = 0;
  for (const MarginTier& tier : ladder ? ladder->tiers : std::vector<MarginTier>()) {
    const double top = tier.cap ? std::min(value, tier.cap->approx()) : value;
    if (top > tier.floor.approx()) sum += (top - tier.floor.approx()) * tier.maintenance.approx();
  }
  return sum;
}

// More, or less, than now: what rests counts towards the larger side, and what trades at once moves
// the position.
Needs change(const Desk& desk, const SubmitOrder& order) {
  const auto mark = desk.door().exchange().mark(order.instrument);
  if (!mark) return {};
  const ContractRule& contract = *desk.listing(order.instrument).rules.contract;
  const double size = contract.size.value_or(Qty()).approx(), price = mark->approx() * size;
  const double now = held(desk, order), buys = resting(desk, order, Side::buy, size),
               sells = resting(desk, order, Side::sell, size);
  double qty = order.qty.approx();
  const double sign = order.side == Side::buy ? 1 : -1;
  if (order.reduce_only || (desk.hedge(order.account) && now * sign < 0))
    qty = now * sign < 0 ? std::min(qty, std::abs(now)) : 0;
  const auto most = [](double p, double b, double s) {
    return std::max({std::abs(p), std::abs(p + b), std::abs(p - s)});
  };
  const bool at_once = order.type == OrderType::market ||
                       order.time_in_force == TimeInForce::immediate_or_cancel ||
                       order.time_in_force == TimeInForce::fill_or_kill;
  const double then = at_once ? now + sign * qty : now;
  const double own = order.price.approx() * size;
  const double rests =
      at_once || order.reduce_only ? 0 : qty * (sign > 0 ? own : std::max(own, price));
  const double before = most(now * price, buys, sells),
               after = most(then * price, buys + (sign > 0 ? rests : 0),
                            sells + (sign < 0 ? rests : 0));
  return {(after - before) / desk.leverage(order.account, order.instrument).approx(),
          maintenance(desk, order.instrument, std::abs(then) * price) -
              maintenance(desk, order.instrument, std::abs(now) * price)};
}

// What the exchange would say of the figures alone, which it never sees here.
Reject figures_refused(const Desk& desk, const SubmitOrder& order) {
  const ContractRule& contract = *desk.listing(order.instrument).rules.contract;
  if (order.qty <= Qty() || (contract.step && order.qty.raw() % contract.step->raw() != 0))
    return Reject::bad_quantity;
  const bool market = order.type == OrderType::market;
  if (!market &&
      (order.price <= Price() || (contract.tick && order.price.raw() % contract.tick->raw() != 0)))
    return Reject::bad_price;
  const auto& most = market ? contract.market_qty_max : contract.limit_qty_max;
  return most && order.qty > *most ? Reject::too_large : Reject::none;
}

int64_t ten_thousandths(double margin, double equity) {
  return equity > 0 ? std::llround(margin / equity * 1e4) : 0;
}

}  // namespace

// Cross margin alone and no conditional orders, as the venue documents it. A poor account is told
// what it would have come to in retExtInfo.
Outcome Api::pre_check(const Ask& ask) {
  AskedOrder asked;
  if (const auto r = read_order(venue_, ask.account, ask.fields, asked)) return *r;
  const SubmitOrder& order = asked.request.order;
  const Category category = venue_.catalog[order.instrument].category;
  if (category == Category::spot) return bad_parameter("category spot is not supported");
  if (order.trigger != Price()) return bad_parameter("conditional orders are not supported");
  if (venue_.desk.margin_mode(ask.account, order.instrument) == MarginMode::isolated)
    return bad_parameter("isolated margin mode is not supported");
  if (!asked.request.client_id.empty() &&
      venue_.desk.by_client_id(ask.account, asked.request.client_id))
    return Refusal{110072, "OrderLinkedID is duplicate"};
  if (const Reject why = figures_refused(venue_.desk, order); why != Reject::none)
    return order_refusal(why, category);
  if (order.reduce_only && held(venue_.desk, order) == 0)
    return order_refusal(Reject::nothing_to_reduce, category);
  const Statement s = statement_of(venue_.desk, ask.account);
  const Needs more = change(venue_.desk, order);
  const int64_t imr = ten_thousandths(s.initial + more.initial, s.equity),
                mmr = ten_thousandths(s.maintenance + more.maintenance, s.equity);
  const std::string id = fmt::format("00000000-de05-4000-8000-{:012x}", ++pre_checked_);
  Outcome out;
  if (more.initial > s.available) {
    out.refusal = order_refusal(Reject::not_enough_margin, category);
    out.more.clear();
    ObjectText told(out.more);
    told.text("future_order_id", id).text("future_order_link_id", asked.request.client_id);
    told.number("post_imr_e4", imr).number("post_mmr_e4", mmr);
    told.end();
    return out;
  }
  out.result.clear();
  ObjectText row(out.result);
  row.text("orderId", id).text("orderLinkId", asked.request.client_id);
  row.number("preImrE4", ten_thousandths(s.initial, s.equity));
  row.number("preMmrE4", ten_thousandths(s.maintenance, s.equity));
  row.number("postImrE4", imr).number("postMmrE4", mmr);
  row.end();
  return out;
}

}  // namespace delever::gateways::bybit
