// Bybit: v5 public streams and REST answers of linear, inverse, spot and option markets, the v2
// streams that archives hold (until 2023) and the spot streams of before v5, to events.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "codec/decoder.h"

namespace delever::venues {

class Dialect;

enum class BybitCategory : uint8_t { spot, linear, inverse, option };

// Settings: "category" where neither channel nor symbol tells spot from linear (BTCUSDT is both),
// "request" (path and query of a REST call) for what an answer does not repeat, candles above all.
Result<std::unique_ptr<codec::Decoder>> make_bybit_decoder(const codec::StreamSettings& settings,
                                                           Instruments& instruments,
                                                           SourceId source);

std::optional<BybitCategory> read_bybit_category(std::string_view text);

// Kind, coins, expiry and strike from a symbol: BTCUSDT, BTCPERP, BTC-29SEP23, BTCUSDT-26DEC25
// (linear), BTCUSD, BTCUSDU23 (inverse), BTC-30JUN23-45000-P, BTC-27MAR26-70000-P-USDT (option).
// `category` decides where the symbol leaves it open; without one BTCUSDT is linear. What cannot be
// taken apart becomes the base coin, without a quote.
Instrument bybit_instrument(std::string_view symbol, std::optional<BybitCategory> category);

// What it wants of a listener: "linear", "inverse", "spot", "option". venues/terms/dialect.h.
std::unique_ptr<Dialect> make_bybit_dialect(std::string_view category);

}  // namespace delever::venues
