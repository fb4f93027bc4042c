// The JSON of OKX's market data, each shape once: REST and channels take it from here.
// https://www.okx.com/docs-v5/en/#public-data-rest-api
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateways/okx/venue.h"

namespace delever::gateways::okx {

inline std::string_view side_name(Side side) { return side == Side::buy ? "buy" : "sell"; }

void append_instrument(std::string& out, const Venue& venue, const Product& product);
// [ {tier}, ... ]
std::string tier_rows(const Venue& venue, const Product& product);
void append_ticker(std::string& out, const Venue& venue, const Product& product, Instant at);
void append_levels(std::string& out, const std::vector<Level>& levels);
// Bids and asks, then what more there is of the row.
void append_book(std::string& out, const BookSnapshot& book, Instant at, std::string_view more);
void append_trade(std::string& out, const Product& product, const PublicTrade& trade,
                  bool with_count);
// [ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm]
void append_candle(std::string& out, const Venue& venue, const Product& product,
                   const Candle& candle, bool confirmed);
void append_price_candle(std::string& out, const Candle& candle, bool confirmed);
// Empty where there is no funding.
std::string funding_row(const Venue& venue, const Product& product, Instant at);
void append_settled_funding(std::string& out, const Product& product, const FundingRecord& record);
void append_open_interest(std::string& out, const Venue& venue, const Product& product, Instant at);
void append_mark(std::string& out, const Venue& venue, const Product& product, Instant at);
void append_index(std::string& out, const Venue& venue, const Product& product, Instant at);
void append_price_limit(std::string& out, const Venue& venue, const Product& product, Instant at);
// One instrument's forced closes.
void append_liquidations(std::string& out, const Product& product,
                         const std::vector<const ForcedClose*>& closes);

// "1m", "4H", "1Dutc". Missing: not a bar of OKX's. Days begin at 00:00 UTC here, also without utc.
std::optional<CandleLength> bar_length(std::string_view bar);

}  // namespace delever::gateways::okx
