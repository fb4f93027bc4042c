// Binance: public streams and REST answers of its four markets, to events. Facts of the wire:
// src/venues/channels.h.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "codec/decoder.h"
#include "market/instrument.h"

namespace delever::venues {

class Dialect;

enum class BinanceMarket : uint8_t { usdm, coinm, spot, eoptions };

// Settings: "request" (path and query of a REST call; a whole URL will do) and "symbol" for streams
// whose bytes do not name it. Without them a REST answer is known by its shape, and a depth
// snapshot among a stream's messages is taken for the symbol of that stream's depth channel, if
// there is exactly one.
Result<std::unique_ptr<codec::Decoder>> make_binance_decoder(BinanceMarket market,
                                                             const codec::StreamSettings& settings,
                                                             Instruments& instruments,
                                                             SourceId source);

// Kind, coins, expiry and strike from a symbol, best effort: BTCUSDT, BTCUSD_PERP, BTCUSDT_240329,
// BTC-240927-60000-C. A symbol that cannot be taken apart becomes the base coin, with an empty
// quote. Streams of both futures markets carry rows of either since 2026-06-30: symbols with _PERP,
// and dated ones against USD, are COIN-M wherever they come from.
Instrument binance_instrument(BinanceMarket market, std::string_view symbol);
// Which of the two futures markets a symbol belongs to, when `market` is one of them.
BinanceMarket binance_market_of(BinanceMarket market, std::string_view symbol);
// The price index of a pair: BTCUSD, BTCUSDT.
Instrument binance_index(BinanceMarket market, std::string_view pair);

// What it wants of a listener; venues/terms/dialect.h.
std::unique_ptr<Dialect> make_binance_dialect(BinanceMarket market);

}  // namespace delever::venues
