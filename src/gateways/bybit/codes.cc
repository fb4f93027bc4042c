#include "gateways/bybit/codes.h"

#include <fmt/format.h>

namespace delever::gateways::bybit {

Refusal bad_parameter(std::string_view what) {
  return {10001, fmt::format("params error: {}", what)};
}

Refusal missing_order(Category category, std::string_view to) {
  if (category == Category::spot) return {170213, "Order does not exist."};
  return {110001, fmt::format("order not exists or too late to {}", to)};
}

Refusal order_refusal(Reject reject, Category category, std::string_view trigger) {
  const bool spot = category == Category::spot;
  switch (reject) {
    case Reject::none:
      return {};
    case Reject::no_such_account:
      return {10003, "API key is invalid."};
    case Reject::no_such_instrument:
      return bad_parameter("symbol invalid");
    case Reject::no_such_order:
      return missing_order(category, "cancel");
    case Reject::bad_price:
      if (spot) return {170134, "Order price has too many decimals."};
      return {110003, "Order price exceeds the allowable range."};
    case Reject::bad_quantity:
      if (spot) return {170136, "Order quantity exceeded lower limit."};
      return {10001, "Qty invalid"};
    case Reject::bad_leverage:
      return {110090,
              "Order placement failed as your position may exceed the max limit. Please "
              "adjust your leverage to increase the max limit"};
    case Reject::too_large:
      if (spot) return {170135, "Order quantity exceeded upper limit."};
      return {10001, "The number of contracts exceeds maximum limit allowed: too large"};
    case Reject::not_enough_margin:
    case Reject::not_enough_balance:
      if (spot) return {170131, "Insufficient balance."};
      return {110007, "ab not enough for new order"};
    case Reject::nothing_to_reduce:
      return {110017, "current position is zero, cannot fix reduce-only order qty"};
    case Reject::would_take:
      return {170218, "The LIMIT-MAKER order is rejected due to invalid price."};
    case Reject::not_filled:
      return {110010, "Order already cancelled"};
    case Reject::would_trigger:
      return {trigger.find("Falling") != trigger.npos ? 110093 : 110092, std::string(trigger)};
    case Reject::no_mark:
    case Reject::expired:
      return {110066, "No trading is allowed at the current time"};
    case Reject::in_liquidation:
      return {110005, "position status abnormal: the position is in liquidation"};
    case Reject::not_allowed:
      return {10005, "Permission denied, please check your API key permissions."};
    case Reject::no_such_mode:
      return bad_parameter("order type or mode not supported for this symbol");
    default:
      return {10016, "Internal System Error."};
  }
}

Refusal account_refusal(Reject reject) {
  switch (reject) {
    case Reject::none:
      return {};
    case Reject::bad_leverage:
      return {110013, "cannot set leverage: gt maxLeverage by risk limit"};
    case Reject::has_position:
      return {110024, "You have an existing position, so position mode cannot be switched"};
    case Reject::not_isolated:
      return {110015, "The position is in cross margin mode"};
    case Reject::not_enough_balance:
      return {110014, "Available balance not enough to add margin"};
    case Reject::not_enough_margin:
      return {110012, "Available balance not enough"};
    case Reject::bad_amount:
      return bad_parameter("amount invalid");
    case Reject::no_such_mode:
      return bad_parameter("mode not supported for this symbol");
    case Reject::nothing_to_reduce:
      return {110033, "Margin cannot be set without open position"};
    default:
      return order_refusal(reject, Category::linear);
  }
}

}  // namespace delever::gateways::bybit
