// How contracts end: deliveries, and positions that the venue took over.
#include <algorithm>

#include "base/text.h"
#include "gateways/deribit/shapes.h"

namespace delever::gateways::deribit {

std::string_view Shapes::contract_state(const Contract& c) const {
  return desk_.delivery(c.instrument) ? "delivered" : "open";
}

// An option is worth what it pays at that price, in coins.
std::string Shapes::delivery(const Contract& c, const Delivery& at) const {
  const double price = at.price.approx();
  double pays = price;
  if (c.option) {
    const double strike = c.listing->option->strike.approx();
    const bool call = c.listing->option->type == OptionType::call;
    const bool in_coins = c.coin_name == upper(c.listing->rules.contract->base);
    pays = std::max(call ? price - strike : strike - price, 0.0) / (in_coins ? price : 1);
  }
  JsonWriter w;
  w.open('{').text("type", "delivery").raw("timestamp", at.at.ms());
  w.text("instrument_name", c.name).raw("position", c.amount(at.open_interest));
  w.raw("index_price", number(at.price)).raw("mark_price", number(pays, 8));
  return w.close().take();
}

// A row of type "bankruptcy" names no account to the public.
std::string Shapes::settlement(const Contract& c, const ForcedClose& row) const {
  JsonWriter w;
  w.open('{').text("type", "bankruptcy").raw("timestamp", row.at.ms());
  w.text("instrument_name", c.name).raw("session_bankruptcy", c.amount(row.qty));
  w.raw("session_profit_loss", number(0.0)).raw("session_tax", 0).raw("session_tax_rate", 0);
  w.raw("socialized", 0).raw("funded", number(row.value)).raw("mark_price", number(row.price));
  w.raw("position", c.amount(row.side == Side::sell ? row.qty : -row.qty))
      .raw("index_price", number(row.price));
  return w.close().take();
}

}  // namespace delever::gateways::deribit
