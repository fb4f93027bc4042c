// Orders and fills as REST answers and lists show them, each shape once.
#pragma once

#include <string>

#include "gateways/binance/order_entry.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {

// NEW, PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED.
std::string_view status_of(const OrderRecord& order);
// As asked: LIMIT, STOP_MARKET, TAKE_PROFIT. USD-M and spot name stops differently.
std::string_view type_of(const OrderRecord& order, bool spot);
// As it stands: what a triggered stop has become.
std::string_view type_now(const OrderRecord& order, bool spot);
std::string_view time_in_force_of(const Face& face, const OrderRecord& order);
std::string_view self_trade_of(const OrderRecord& order);
std::string_view position_side_of(const Face& face, const OrderRecord& order);
std::string average_text(const Market& m, const OrderRecord& order);
// How far a trailing stop stays behind, in percent; empty: it is none.
std::string callback_text(const OrderRecord& order);
// Of the venue's own orders: autoclose-7.
std::string client_id_of(const OrderRecord& order);
// Of an order that the venue sent.
std::string forced_name(ForcedClose::How how, uint64_t order);

void append_futures_order(std::string& out, const Face& face, const OrderRecord& order,
                          Telling telling = Telling::result);
void append_algo_order(std::string& out, const Face& face, const OrderRecord& order);
// What an order of a symbol would pay, as a test of one is told.
std::string order_commission(const Market& market);
void append_spot_order(std::string& out, const Face& face, const OrderRecord& order);
// The answer to a new order.
void append_spot_placed(std::string& out, const Face& face, const OrderRecord& order,
                        Telling telling);
void append_spot_cancelled(std::string& out, const Face& face, const OrderRecord& order,
                           std::string_view cancel_id);

void append_futures_fill(std::string& out, const Face& face, const FillRecord& fill);
void append_spot_fill(std::string& out, const Face& face, const FillRecord& fill);

// Of an algo order: NEW, TRIGGERED, FINISHED, CANCELED, EXPIRED.
std::string_view algo_status_of(const OrderRecord& order);

// What all answers about an order list begin with. spot_lists.cc
ObjectText begin_list(std::string& out, const Face& face, const OrderList& list);

}  // namespace delever::gateways::binance
