// Deribit: subscription messages and JSON-RPC answers (the same over WebSocket and REST), to
// events. Quantities are "amounts": US dollars for inverse futures, coins for options and linear
// contracts.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "codec/decoder.h"

namespace delever::venues {

class Dialect;

// Settings: "request" (path and query of a REST call) for what an answer does not repeat: the
// instrument of a funding history, the index of an index price, the coin of a volatility index.
// Other answers are known by their shape.
Result<std::unique_ptr<codec::Decoder>> make_deribit_decoder(const codec::StreamSettings& settings,
                                                             Instruments& instruments,
                                                             SourceId source);

// BTC-PERPETUAL, BTC-27MAR26, BTC_USDC-PERPETUAL, BTC-30JAN26-90000-C, XRP_USDC-27SEP24-0d5-C,
// BTC_USDC (spot). Missing for combinations of legs (BTC-FS-30SEP22_PERP) and whatever else is none
// of these.
std::optional<Instrument> deribit_instrument(std::string_view name);
// btc_usd, sol_usdc.
std::optional<Instrument> deribit_index(std::string_view name);

// What it wants of a listener; venues/terms/dialect.h.
std::unique_ptr<Dialect> make_deribit_dialect();

}  // namespace delever::venues
