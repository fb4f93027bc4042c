// An order as it is sent, {"a":0,"b":true,"p":"96000","s":"0.01","r":false,"t":{...},"c":"0x.."},
// as a command; and the venue's words for what is refused.
#pragma once

#include <optional>
#include <string>

#include "gateways/hyperliquid/shapes.h"
#include "gateways/hyperliquid/signing.h"

namespace delever::gateways::hyperliquid {

struct OrderWire {
  uint64_t asset = 0;
  bool buy = false, reduce_only = false;
  std::string_view price, size;
  std::string_view lifetime;  // "Gtc", "Alo", "Ioc", "FrontendMarket"; empty: a trigger order
  bool market = false, take_profit = false;
  std::string_view trigger;
  std::string client_id;  // lower case; empty: none
};

// Missing: not of the shape, and the whole request is refused.
std::optional<OrderWire> read_order(Json order);

struct Ordered {
  std::string refused;  // the venue's text; empty: fit to be sent
  SubmitOrder order;
  std::string tag;
  bool take_profit = false;
  bool closes_position = false;  // all that there is when it is due: a size of 0
  Rate builder_fee;
  OrderRequest request(std::string client_id) const;
};
// What the order is sent with beside itself.
struct OrderTerms {
  bool position_tpsl = false;
  std::string builder;      // lower case; empty: none
  int64_t builder_fee = 0;  // in tenths of a basis point
};
Ordered to_command(const OrderWire& wire, const Shapes& shapes, AccountId account,
                   const OrderTerms& terms);

std::string refusal(Reject reject, const Shapes& shapes, const Asset& asset);
std::string unknown_order(uint64_t asset);

}  // namespace delever::gateways::hyperliquid
