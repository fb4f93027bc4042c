// The JSON of Bybit's market data, each shape once: REST and streams take it from here.
// https://bybit-exchange.github.io/docs/v5/market/instrument
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/bybit/venue.h"

namespace delever::gateways::bybit {

void append_instrument(std::string& out, const Venue& venue, const Product& product);
// Rows of the ladder of risk limits.
void append_risk_limits(std::string& out, const Product& product);

// A ticker as names and values, so that the stream can send what has changed alone.
using Fields = std::vector<std::pair<std::string_view, std::string>>;
Fields ticker_fields(const Venue& venue, const Product& product);
void append_fields(std::string& out, const Fields& fields);

void append_levels(std::string& out, const std::vector<Level>& levels);
// {"s":..,"b":..,"a":..,"u":..,"seq":..}: what stands in data of the stream and in result of REST,
// which adds its times.
void append_book(std::string& out, std::string_view symbol, const BookSnapshot& book,
                 uint64_t update, uint64_t sequence, std::string_view times = {});
void append_rest_trade(std::string& out, const Venue& venue, const Product& product,
                       const PublicTrade& trade);
void append_stream_trade(std::string& out, const Product& product, const PublicTrade& trade,
                         std::string_view tick_direction);
void append_rest_candle(std::string& out, const Candle& candle);
void append_stream_candle(std::string& out, const Candle& candle, std::string_view interval,
                          CandleLength length, bool confirmed, Instant at);
void append_liquidation(std::string& out, const Product& product, const ForcedClose& forced);

// "1", "60", "D", "M": how long its candles are. Missing: not an interval of Bybit's.
std::optional<CandleLength> candle_length(std::string_view interval);
std::string trade_id(InstrumentId instrument, uint64_t number);
inline std::string_view side_name(Side side) { return side == Side::buy ? "Buy" : "Sell"; }

}  // namespace delever::gateways::bybit
