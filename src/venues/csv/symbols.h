// A venue's native symbol to an Instrument, for archives that name the venue in a column or not at
// all.
#pragma once

#include <string_view>

#include "base/result.h"
#include "market/instrument.h"

namespace delever::venues {

// `grammar`: binance-usdm, binance-coinm, binance-spot, binance-eoptions, bybit (linear or inverse,
// by the quote coin), bybit-linear, bybit-inverse, bybit-spot, bybit-option, okx, deribit,
// hyperliquid. A symbol that does not fit its grammar is an error.
Result<Instrument> native_instrument(std::string_view grammar, std::string_view symbol);

}  // namespace delever::venues
