// What a client asks to be done with orders, as the desk takes it: checked in the venue's order,
// with its codes.
#pragma once

#include <optional>
#include <string>

#include "base/text.h"
#include "gateways/binance/face.h"

namespace delever::gateways::binance {

// What the answer says: that it was taken; what became of it; and with each fill.
enum class Telling : uint8_t { ack, result, full };

struct NewOrder {
  OrderRequest request;
  std::optional<Instant> good_till;
  Telling telling = Telling::ack;
};

// Refused through `asked` where it cannot be.
NewOrder futures_order(Face& face, Asked& asked, AccountId account);
// A conditional order of /algoOrder.
NewOrder futures_algo_order(Face& face, Asked& asked, AccountId account);
NewOrder spot_order(Face& face, Asked& asked, AccountId account);
// What is kept in a spot order's tag: the list that it belongs to, and what its owner says of the
// strategy that it is of.
struct SpotTag {
  std::optional<int64_t> list, strategy, strategy_type;
  std::string text() const;
  static SpotTag of(std::string_view text);
};
inline int64_t list_of(const OrderRecord& order) {  // -1: none
  return SpotTag::of(order.tag).list.value_or(-1);
}

// The filters of exchangeInfo, for a price or size that is given.
// A buy may not be far above the mark, nor a sell far below it.
void check_price(const Face& face, Asked& asked, const Market& m, Side side, Price price);
void check_qty(const Face& face, Asked& asked, const Market& m, Qty qty, bool market_order);
void check_notional(const Face& face, Asked& asked, const Market& m, Price price, Qty qty);

// The order that orderId or origClientOrderId names, live or finished; null: refused.
const OrderRecord* asked_order(const Face& face, Asked& asked, AccountId account, About about);

inline bool is_conditional(const OrderRecord& order) {
  return order.asked.type == OrderType::stop_market || order.asked.type == OrderType::stop_limit;
}
// Orders that were asked for on this port, by kind.
bool is_of(const Face& face, const OrderRecord& order);

std::string_view side_name(Side side);

}  // namespace delever::gateways::binance
