// The short shape of a fill on USD-M's account stream.
#include "gateways/binance/account_json.h"
#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {

std::string trade_lite(const Face& face, const OrderRecord& order, const FillRecord& fill) {
  const Market& m = *face.markets.of(order.asked.instrument);
  std::string out;
  ObjectText o(out);
  o.text("e", "TRADE_LITE")
      .number("E", face.ms())
      .number("T", fill.at.ms())
      .text("s", m.symbol)
      .text("q", m.qty(order.asked.qty));
  o.text("p", m.price(order.asked.price)).flag("m", fill.maker).text("c", client_id_of(order));
  o.text("S", side_name(order.asked.side)).text("L", m.price(fill.price));
  o.text("l", m.qty(fill.qty))
      .number("t", static_cast<int64_t>(fill.number))
      .number("i", static_cast<int64_t>(order.number));
  o.end();
  return out;
}

}  // namespace delever::gateways::binance
