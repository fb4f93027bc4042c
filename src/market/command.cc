#include "market/command.h"

namespace delever {

std::string_view reject_name(Reject reject) {
  static constexpr std::string_view names[] = {"none",
                                               "time_goes_back",
                                               "bad_time",
                                               "no_such_account",
                                               "no_such_instrument",
                                               "no_such_coin",
                                               "no_such_index",
                                               "no_such_order",
                                               "no_such_mode",
                                               "bad_amount",
                                               "bad_price",
                                               "bad_quantity",
                                               "bad_leverage",
                                               "too_large",
                                               "no_mark",
                                               "not_enough_margin",
                                               "not_enough_balance",
                                               "nothing_to_reduce",
                                               "would_take",
                                               "not_filled",
                                               "would_trigger",
                                               "has_position",
                                               "not_isolated",
                                               "expired",
                                               "in_liquidation",
                                               "not_allowed"};
  static_assert(std::size(names) == static_cast<size_t>(Reject::not_allowed) + 1);
  CHECK(static_cast<size_t>(reject) < std::size(names));
  return names[static_cast<size_t>(reject)];
}

}  // namespace delever
