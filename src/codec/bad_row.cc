#include "codec/bad_row.h"

namespace delever::codec {
namespace {

constexpr std::string_view kPrice = "a price that is not positive";
constexpr std::string_view kQuantity = "a quantity that is not positive";

template <class T>
bool negative(const std::optional<T>& value) {
  return value && *value < T();
}
template <class T>
bool not_positive(const std::optional<T>& value) {
  return value && *value <= T();
}

struct Check {
  InstrumentKind kind;

  std::string_view operator()(const Trade& trade) const {
    return trade.price <= Price() ? kPrice : trade.qty <= WideQty() ? kQuantity : "";
  }
  std::string_view operator()(const Quote& quote) const {  // 0: how some venues send an empty side
    if (negative(quote.bid_price) || negative(quote.ask_price)) return kPrice;
    return negative(quote.bid_qty) || negative(quote.ask_qty) ? kQuantity : "";
  }
  std::string_view operator()(const Liquidation& forced) const {
    if (not_positive(forced.order_price) || not_positive(forced.average_price)) return kPrice;
    return not_positive(forced.order_qty) || negative(forced.filled_qty) ? kQuantity : "";
  }
  std::string_view operator()(const MarkPrice& mark) const { return reference(mark.price); }
  std::string_view operator()(const IndexPrice& index) const { return reference(index.price); }
  std::string_view operator()(const OpenInterest& open) const {
    return negative(open.contracts) || open.coins.value_or(0) < 0 || open.value_usd.value_or(0) < 0
               ? "a negative open interest"
               : "";
  }
  std::string_view operator()(const OptionQuote& quote) const {
    if (negative(quote.bid_price) || negative(quote.ask_price) || negative(quote.mark_price) ||
        negative(quote.last_price))
      return kPrice;
    return negative(quote.open_interest) ? "a negative open interest" : "";
  }
  std::string_view operator()(const Candle& candle) const {
    return candle.low <= Price() ? kPrice : "";
  }
  template <class Other>
  std::string_view operator()(const Other&) const {
    return "";
  }
  // An option's mark may have been rounded to 0.
  std::string_view reference(Price price) const {
    return price < Price() || (price == Price() && kind != InstrumentKind::option) ? kPrice : "";
  }
};

}  // namespace

std::string_view bad_row(const Event& event, InstrumentKind kind) {
  return std::visit(Check{kind}, event.payload);
}

}  // namespace delever::codec
