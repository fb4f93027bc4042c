// The JSON of what an account has at OKX, each shape once.
// https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-details
#pragma once

#include <string>
#include <string_view>

#include "gateways/okx/algos.h"
#include "gateways/statement.h"

namespace delever::gateways::okx {

constexpr std::string_view watched_name(WatchedPrice price) {
  constexpr std::string_view names[] = {"mark", "last", "index"};
  return names[static_cast<size_t>(price)];
}

std::string_view order_state(const OrderRecord& order);
std::string_view order_type(const OrderRecord& order);
std::string position_side(const Desk& desk, AccountId account, PositionSide side);
std::string trade_mode(const Venue& venue, const OrderRecord& order);

// Rows of channels have more than answers, and those of amendments say so.
enum class RowOf : uint8_t { answer, stream, amendment };
// With a fill where the row tells of one (channels alone).
void append_order(std::string& out, const Venue& venue, const OrderRecord& order,
                  const FillRecord* fill, RowOf of);
void append_fill(std::string& out, const Venue& venue, const FillRecord& fill,
                 const OrderRecord* order);
void append_algo(std::string& out, const Venue& venue, const Algo& algo);
// `figures` missing: the position is flat, and is told so once.
void append_position(std::string& out, const Venue& venue, AccountId account,
                     const Statement& statement, InstrumentId instrument, PositionSide side,
                     const PositionFigures* figures);
void append_balance(std::string& out, const Venue& venue, const Statement& statement,
                    std::string_view only_coins);

// Equity over maintenance margin; empty where nothing is to be maintained.
std::string margin_ratio(Amount equity, Amount maintenance);

struct BillType {
  std::string_view type, sub_type;
};
BillType bill_type(const MoneyRecord& money, const FillRecord* fill);
// Fee and profit of one fill are one row.
void append_bill(std::string& out, const Venue& venue, const MoneyRecord& money,
                 const FillRecord* fill, const OrderRecord* order, Amount fee, Amount profit);

}  // namespace delever::gateways::okx
