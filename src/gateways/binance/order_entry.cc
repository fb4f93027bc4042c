// What all orders have: side, size, price, name; and the filters that they must pass.
#include "gateways/binance/entry_parts.h"

#include <fmt/format.h>

#include "auth/digest.h"
#include "gateways/binance/public_json.h"

namespace delever::gateways::binance {
namespace {

constexpr size_t kNameMost = 36;

std::string made_name(Face& face, AccountId account) {
  const std::string seed = fmt::format("{} {}", static_cast<uint32_t>(account), ++face.names_made);
  return auth::hex(auth::hmac_sha256("order name", seed)).substr(0, 22);
}

bool is_name(std::string_view name) {
  for (const char c : name) {
    const bool alnum = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!alnum && std::string_view(".:/_-").find(c) == std::string_view::npos) return false;
  }
  return true;
}

// The price of the n-th level of the other side, or of the own one.
std::optional<Price> matched_price(const Face& face, const Market& m, Side side,
                                   std::string_view match) {
  const bool opponent = match.starts_with("OPPONENT");
  if (!opponent && !match.starts_with("QUEUE")) return std::nullopt;
  size_t level = 1;
  if (const size_t at = match.find('_'); at != match.npos) {
    const std::string_view n = match.substr(at + 1);
    if (n != "5" && n != "10" && n != "20") return std::nullopt;
    level = n == "5" ? 5 : n == "10" ? 10 : 20;
  }
  const BookSnapshot book = face.desk.book(m.id, level);
  const auto& levels = (side == Side::buy) == opponent ? book.asks : book.bids;
  if (levels.size() < level) return std::nullopt;
  return levels[level - 1].price;
}

}  // namespace

std::string asked_name(Face& face, Asked& asked, std::string_view parameter, AccountId account) {
  const std::string_view given = asked.text(parameter);
  if (given.empty()) return made_name(face, account);
  if (given.size() > kNameMost || !is_name(given)) {
    asked.refuse({-1100, fmt::format("Illegal characters found in parameter '{}'; legal range is "
                                     "'^[\\.A-Z\\:/a-z0-9_-]{{1,36}}$'.",
                                     parameter)});
  }
  const OrderRecord* same = face.desk.by_client_id(account, given);
  if (same && is_live(same->state)) {
    asked.refuse(face.spot ? Refusal{-2010, "Duplicate order sent."}
                           : Refusal{-4116, "ClientOrderId is duplicated."});
  }
  return std::string(given);
}

void read_side(Asked& asked, SubmitOrder& order) {
  const std::string_view side = asked.need("side");
  if (side != "BUY" && side != "SELL") asked.refuse({-1117, "Invalid side."});
  order.side = side == "SELL" ? Side::sell : Side::buy;
}

void read_time_in_force(Asked& asked, SubmitOrder& order, std::string_view given) {
  if (given == "GTC" || given == "GTD")
    order.time_in_force = TimeInForce::good_till_cancelled;
  else if (given == "IOC")
    order.time_in_force = TimeInForce::immediate_or_cancel;
  else if (given == "FOK")
    order.time_in_force = TimeInForce::fill_or_kill;
  else if (given == "GTX")
    order.time_in_force = TimeInForce::post_only;
  else
    asked.refuse({-1115, "Invalid timeInForce."});
}

void read_self_trade(Asked& asked, SubmitOrder& order) {
  const std::string_view mode = asked.text("selfTradePreventionMode");
  if (mode.empty() || mode == "EXPIRE_MAKER")
    order.self_trade = SelfTrade::expire_maker;
  else if (mode == "EXPIRE_TAKER")
    order.self_trade = SelfTrade::expire_taker;
  else if (mode == "EXPIRE_BOTH")
    order.self_trade = SelfTrade::expire_both;
  else if (mode == "NONE")
    order.self_trade = SelfTrade::allow;
  else
    asked.refuse(bad_parameter("selfTradePreventionMode"));
}

void read_price(const Face& face, Asked& asked, const Market& m, SubmitOrder& order) {
  if (const std::string_view match = asked.text("priceMatch"); !match.empty() && match != "NONE") {
    const auto price = matched_price(face, m, order.side, match);
    if (!price || asked.has("price")) return asked.refuse(bad_parameter("priceMatch"));
    order.price = *price;
    return;
  }
  asked.need("price");
  if (const auto price = asked.price("price")) {
    order.price = *price;
    check_price(face, asked, m, order.side, *price);
  }
}

std::string_view side_name(Side side) { return side == Side::buy ? "BUY" : "SELL"; }

bool is_of(const Face& face, const OrderRecord& order) {
  return face.markets.of(order.asked.instrument) != nullptr;
}

void check_price(const Face& face, Asked& asked, const Market& m, Side side, Price price) {
  const ContractRule& c = m.contract();
  const int64_t tick = c.tick->raw();
  if (price <= Price()) {
    return asked.refuse(face.spot ? Refusal{-1013, "Invalid price."}
                                  : Refusal{-4001, "Price less than 0."});
  }
  if (face.spot) {
    const bool fits = price.raw() % tick == 0 && price.raw() / tick >= m.listing->band.lowest &&
                      price.raw() / tick <= m.listing->band.highest;
    if (!fits) return asked.refuse({-1013, "Filter failure: PRICE_FILTER"});
  } else {
    if (price.raw() / tick < m.listing->band.lowest)
      return asked.refuse({-4013, "Price less than min price."});
    if (price.raw() / tick > m.listing->band.highest)
      return asked.refuse({-4002, "Price greater than max price."});
    if (price.raw() % tick != 0) return asked.refuse({-4014, "Price not increased by tick size."});
  }
  const auto mark = face.spot ? face.exchange().last(m.id) : face.exchange().mark(m.id);
  if (!c.price_band || !mark) return;
  const Wide band = static_cast<Wide>(mark->raw()) * c.price_band->raw() / Rate::scale;
  const Price high = Price::raw(narrow(mark->raw() + band)),
              low = Price::raw(narrow(mark->raw() - band));
  if (side == Side::buy ? price <= high : price >= low) return;
  if (face.spot) return asked.refuse({-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"});
  if (side == Side::buy) {
    return asked.refuse(
        {-4016, fmt::format("Limit price can't be higher than {}.", m.price(high))});
  }
  asked.refuse({-4024, fmt::format("Limit price can't be lower than {}.", m.price(low))});
}

void check_qty(const Face& face, Asked& asked, const Market& m, Qty qty, bool market_order) {
  const ContractRule& c = m.contract();
  const auto& most = market_order && c.market_qty_max ? c.market_qty_max : c.limit_qty_max;
  const bool over = most && qty > *most, off_step = qty.raw() % c.step->raw() != 0;
  if (face.spot) {
    if (qty <= Qty()) return asked.refuse({-1013, "Invalid quantity."});
    if (over || off_step || qty < *c.step) {
      asked.refuse({-1013, over && market_order ? "Filter failure: MARKET_LOT_SIZE"
                                                : "Filter failure: LOT_SIZE"});
    }
    return;
  }
  if (qty <= Qty()) return asked.refuse({-4003, "Quantity less than or equal to zero."});
  if (off_step)
    return asked.refuse({-1111, "Precision is over the maximum defined for this asset."});
  if (over) asked.refuse({-4005, "Quantity greater than max quantity."});
}

void check_notional(const Face& face, Asked& asked, const Market& m, Price price, Qty qty) {
  const auto& least = m.contract().notional_min;
  if (!least || price <= Price() || value_of(m, price, qty) >= *least) return;
  if (face.spot) return asked.refuse({-1013, "Filter failure: NOTIONAL"});
  asked.refuse({-4164, fmt::format("Order's notional must be no smaller than {} (unless you choose "
                                   "reduce only).",
                                   least->text())});
}

const OrderRecord* asked_order(const Face& face, Asked& asked, AccountId account, About about) {
  const auto number = asked.whole("orderId");
  const std::string_view name = asked.text("origClientOrderId");
  if (!number && name.empty()) {
    asked.refuse({-1102,
                  "Param 'origClientOrderId' or 'orderId' must be sent, but both were "
                  "empty/null!"});
    return nullptr;
  }
  const OrderRecord* order = number ? face.desk.order(account, static_cast<uint64_t>(*number))
                                    : face.desk.by_client_id(account, name);
  const Market* m = order ? face.markets.of(order->asked.instrument) : nullptr;
  if (!m || (asked.has("symbol") && m->symbol != asked.text("symbol"))) {
    asked.refuse(no_such_order(about));
    return nullptr;
  }
  return order;
}

}  // namespace delever::gateways::binance
