// What reading an order needs, shared by futures_entry.cc and spot_entry.cc. Private to this
// folder.
#pragma once

#include "gateways/binance/order_entry.h"

namespace delever::gateways::binance {

// The client's own name for the order, or one that is made.
std::string asked_name(Face& face, Asked& asked, std::string_view parameter, AccountId account);
void read_side(Asked& asked, SubmitOrder& order);
void read_time_in_force(Asked& asked, SubmitOrder& order, std::string_view given);
void read_self_trade(Asked& asked, SubmitOrder& order);
void read_price(const Face& face, Asked& asked, const Market& m, SubmitOrder& order);

}  // namespace delever::gateways::binance
