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
  std::string_view operator()(const Quote& quote) const {
    if (not_positive(quote.bid_price) || not_positive(quote.ask_price)) return kPrice;
    if (negative(quote.bid_qty) || negative(quote.ask_qty)) return kQuantity;
    // Equal is possible where makers are matched later; above it, the two are of different moments.
    const bool crossed = quote.bid_price && quote.ask_price && *quote.bid_price > *quote.ask_price;
    return crossed ? "a bid above the ask" : "";
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
    if (not_positive(quote.bid_price) || not_positive(quote.ask_price) ||
        negative(quote.mark_price) || negative(quote.last_price))
      return kPrice;
    if (negative(quote.bid_qty) || negative(quote.ask_qty)) return kQuantity;
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

bool is_empty(const std::optional<Price>& price, const std::optional<WideQty>& qty) {
  return qty == WideQty() || (price == Price() && !qty) || (!price && qty);
}

}  // namespace

void clear_empty_sides(Event& event) {
  const auto clear = [](std::optional<Price>& price, std::optional<WideQty>& qty) {
    const bool empty = is_empty(price, qty);
    if (empty) price.reset(), qty.reset();
    return empty;
  };
  if (auto* quote = std::get_if<Quote>(&event.payload)) {
    clear(quote->bid_price, quote->bid_qty);
    clear(quote->ask_price, quote->ask_qty);
  } else if (auto* option = std::get_if<OptionQuote>(&event.payload)) {
    // Where there is no order there is no volatility of one.
    if (clear(option->bid_price, option->bid_qty)) option->bid_iv.reset();
    if (clear(option->ask_price, option->ask_qty)) option->ask_iv.reset();
  }
}

std::string_view bad_row(const Event& event, InstrumentKind kind) {
  return std::visit(Check{kind}, event.payload);
}

}  // namespace delever::codec
