// What the choices in an event are called wherever they are written: JSON, columns, tables.
#pragma once

#include <string_view>

#include "market/event.h"

namespace delever {

std::string_view name_of(Side side);          // buy, sell
std::string_view name_of(PositionSide side);  // long, short
std::string_view name_of(LiquidationFeed feed);
std::string_view name_of(FundingKind kind);
std::string_view name_of(PriceKind kind);
std::string_view name_of(HolderKind kind);
std::string_view name_of(GapKind kind);

}  // namespace delever
