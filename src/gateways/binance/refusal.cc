// Codes and texts: error pages of USD-M futures and spot (developers.binance.com), the filter texts
// of spot's filters page. 2026-11.
#include "gateways/binance/refusal.h"

#include <fmt/format.h>

#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

Refusal of_modes(About about, bool orders) {
  if (about == About::position_mode) {
    if (orders) return {-4067, "Position side cannot be changed if there exists open orders."};
    return {-4068, "Position side cannot be changed if there exists position."};
  }
  if (orders) return {-4047, "Margin type cannot be changed if there exists open orders."};
  return {-4048, "Margin type cannot be changed if there exists position."};
}

Refusal of_spot(Reject reject, About about) {
  switch (reject) {
    case Reject::no_such_order:
      return no_such_order(about);
    case Reject::no_such_instrument:
      return no_such_symbol();
    case Reject::bad_price:
      return {-1013, "Filter failure: PRICE_FILTER"};
    case Reject::bad_quantity:
    case Reject::too_large:
      return {-1013, "Filter failure: LOT_SIZE"};
    case Reject::would_take:
      return {-2010, "Order would immediately match and take."};
    case Reject::would_trigger:
      return {-2010, "Stop price would trigger immediately."};
    case Reject::not_enough_margin:
    case Reject::not_enough_balance:
    case Reject::bad_amount:
      return {-2010, "Account has insufficient balance for requested action."};
    case Reject::no_mark:
    case Reject::expired:
      return {-1013, "Market is closed."};
    case Reject::no_such_account:
    case Reject::not_allowed:
      return {-2010, "This action is disabled on this account."};
    default:
      return {-2010, "Order was rejected."};
  }
}

Refusal of_futures(Reject reject, About about) {
  switch (reject) {
    case Reject::no_such_order:
      return no_such_order(about);
    case Reject::no_such_instrument:
      return no_such_symbol();
    case Reject::no_such_coin:
      return bad_parameter("asset");
    case Reject::no_such_mode:
      return {-4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode."};
    case Reject::bad_amount:
      return {-4055, "Amount must be positive."};
    case Reject::bad_price:
      return {-4014, "Price not increased by tick size."};
    case Reject::bad_quantity:
      return {-4003, "Quantity less than or equal to zero."};
    case Reject::bad_leverage:  // of an order: more than the tier of the position allows
    case Reject::too_large:
      return {-2027, "Exceeded the maximum allowable position at current leverage."};
    case Reject::no_mark:
    case Reject::expired:
      return {-4140, "Invalid symbol status for opening position."};
    case Reject::not_enough_margin:
      if (about == About::leverage)
        return {-2028, "Leverage is smaller than permitted: insufficient margin balance."};
      if (about == About::margin) return {-4051, "Isolated balance insufficient."};
      return {-2019, "Margin is insufficient."};
    case Reject::not_enough_balance:
      if (about == About::margin) return {-4050, "Cross balance insufficient."};
      return {-2018, "Balance is insufficient."};
    case Reject::nothing_to_reduce:
      if (about == About::margin) return {-4054, "Cannot add position margin: position is 0."};
      return {-2022, "ReduceOnly Order is rejected."};
    case Reject::would_take:
      return {-5022,
              "Due to the order could not be executed as maker, the Post Only order will be "
              "rejected. The order will not be recorded in the order history"};
    case Reject::not_filled:
      return {-5021,
              "Due to the order could not be filled immediately, the FOK order has been rejected. "
              "The order will not be recorded in the order history"};
    case Reject::would_trigger:
      return {-2021, "Order would immediately trigger."};
    case Reject::has_position:
      return of_modes(about, false);
    case Reject::not_isolated:
      return {-4049, "Add margin only support for isolated position."};
    case Reject::in_liquidation:
      return {-2023, "User in liquidation mode now."};
    case Reject::no_such_account:
    case Reject::not_allowed:
      return {-2015, "Invalid API-key, IP, or permissions for action.", 401};
    default:
      return {-1000, "An unknown error occurred while processing the request."};
  }
}

}  // namespace

Refusal refusal_of(Reject reject, bool spot, About about) {
  return spot ? of_spot(reject, about) : of_futures(reject, about);
}

Refusal modes_refusal(About about, bool orders) { return of_modes(about, orders); }

std::string refusal_json(const Refusal& refusal) {
  std::string out;
  ObjectText(out).number("code", refusal.code).text("msg", refusal.text).end();
  return out;
}

Refusal missing_parameter(std::string_view name) {
  return {-1102, fmt::format("Mandatory parameter '{}' was not sent, was empty/null, or malformed.",
                             name)};
}
Refusal bad_parameter(std::string_view name) {
  return {-1130, fmt::format("Data sent for parameter '{}' is not valid.", name)};
}

}  // namespace delever::gateways::binance
