#include "gateways/okx/codes.h"

#include <fmt/format.h>

namespace delever::gateways::okx {
namespace {

// A stop-loss of a long must lie below the last price, its take-profit above; of a short the other
// way round.
Refusal due_already(Side side, bool take_profit) {
  if (take_profit && side == Side::buy)
    return {51277, "TP trigger price can not be higher than the last price"};
  if (take_profit) return {51279, "TP trigger price can not be lower than the last price"};
  if (side == Side::buy) return {51278, "SL trigger price can not be lower than the last price"};
  return {51280, "SL trigger price can not be higher than the last price"};
}

}  // namespace

Refusal parameter_error(std::string_view name) {
  return {51000, fmt::format("Parameter {} error", name)};
}

Refusal no_instrument() {
  return {51001, "Instrument ID, Instrument ID code, or Spread ID doesn't exist."};
}

Refusal order_refusal(Reject reject, Side side, bool take_profit) {
  switch (reject) {
    case Reject::none:
      return {};
    case Reject::no_such_instrument:
      return no_instrument();
    case Reject::no_such_order:
      return {51603, "Order does not exist"};
    case Reject::bad_price:
      return {51006, "Order price is not within the price limit"};
    case Reject::bad_quantity:
      return {51121, "Order quantity must be a multiple of the lot size."};
    case Reject::bad_leverage:
      return {51004,
              "Order failed. The order, the position and the open orders together exceed "
              "what the leverage allows"};
    case Reject::too_large:
      return {51101, "Entered amount exceeds the max pending order amount (Cont) per transaction"};
    case Reject::not_enough_margin:
      return {51008, "Order failed. Insufficient margin in account"};
    case Reject::not_enough_balance:
      return {51008, "Order failed. Insufficient balance in account"};
    case Reject::nothing_to_reduce:
      return {51169,
              "Order failed because you don't have any positions in this direction to "
              "reduce or close."};
    case Reject::would_take:
      return {51511, "The order price does not meet the requirement for Post Only"};
    case Reject::would_trigger:
      return due_already(side, take_profit);
    case Reject::no_mark:
      return {51022, "Contract suspended"};
    case Reject::expired:
      return {51027, "Contract expired"};
    case Reject::in_liquidation:
      return {50020, "The position is frozen due to liquidation. Operation restricted"};
    case Reject::no_such_account:
    case Reject::not_allowed:
      return {50027, "The account is restricted from trading"};
    case Reject::no_such_mode:
      return parameter_error("ordType");
    default:
      return {50026, "System error. Try again later"};
  }
}

Refusal account_refusal(Reject reject) {
  switch (reject) {
    case Reject::none:
      return {};
    case Reject::bad_leverage:
      return {59102, "Leverage exceeds the maximum limit. Please lower the leverage"};
    case Reject::has_position:
      return {59000,
              "Setting failed. Cancel any open orders, close positions, and stop trading "
              "bots first."};
    case Reject::not_isolated:
    case Reject::nothing_to_reduce:
      return {59300, "Margin adjustment failed. The position does not exist"};
    case Reject::not_enough_margin:
      return {59301, "Margin adjustment failed for exceeding the maximum limit"};
    case Reject::not_enough_balance:
      return {59107,
              "You have pending orders under the service, or your available balance is not "
              "enough"};
    case Reject::bad_amount:
      return parameter_error("amt");
    case Reject::no_such_mode:
      return {51010, "Request unsupported under current account mode"};
    default:
      return order_refusal(reject);
  }
}

}  // namespace delever::gateways::okx
