// The JSON of what an account has at Bybit, each shape once.
// https://bybit-exchange.github.io/docs/v5/order/open-order
#pragma once

#include <string>
#include <string_view>

#include "gateways/bybit/venue.h"
#include "gateways/statement.h"

namespace delever::gateways::bybit {

// What a stop is for, in Bybit's words, as it is kept in OrderRecord::tag: "Stop", "TakeProfit",
// "StopLoss", "PartialTakeProfit", "PartialStopLoss"; empty: an order that is no stop.
inline constexpr std::string_view kConditional = "Stop";
bool is_position_stop(std::string_view tag);  // one of the last four

// streamed: with the fields that only the stream's rows have.
enum class RowOf : uint8_t { answer, stream };

std::string order_id(const OrderRecord& order);
std::string_view order_status(const OrderRecord& order);
void append_order(std::string& out, const Venue& venue, const OrderRecord& order, RowOf of);
// `order` may be missing: it has been forgotten, or there was none.
// "Trade", "BustTrade" or "AdlTrade".
std::string_view execution_type(const FillRecord& fill, const OrderRecord* order);
void append_execution(std::string& out, const Venue& venue, const FillRecord& fill,
                      const OrderRecord* order, RowOf of);
void append_funding_execution(std::string& out, const Venue& venue, const MoneyRecord& money);

// Positions that stand, and empty rows where a symbol is asked for.
struct PositionRow {
  InstrumentId instrument = 0;
  PositionSide side = PositionSide::long_side;
  bool hedge = false;
  const PositionFigures* figures = nullptr;  // missing: flat
};
void append_position(std::string& out, const Venue& venue, AccountId account,
                     const PositionRow& position, RowOf of);
void append_wallet(std::string& out, const Venue& venue, AccountId account,
                   const Statement& statement, std::string_view only_coin = {});
// A tier without an upper bound, as the venue writes it.
inline constexpr std::string_view kNoCap = "90000000000";
// Fee and profit of one fill are one row; `next` is what came right after, and `joined` whether it
// went in too.
void append_transaction(std::string& out, const Venue& venue, const MoneyRecord& money,
                        const FillRecord* fill, const OrderRecord* order, Amount fee, Amount cash,
                        Amount balance);
std::string_view transaction_type(MoneyRecord::Kind kind);

}  // namespace delever::gateways::bybit
