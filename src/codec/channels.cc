#include "codec/channels.h"

#include <array>
#include <string>

namespace delever::codec {
namespace {

constexpr std::array kLiquidationChannels{
    LiquidationChannel{
        .venue = "binance",
        .channel = "forceOrder",
        .feed = LiquidationFeed::latest_per_second,
        .period = Duration::ms(1000),
        .price = "p order price, ap average fill price",
        .source = "developers.binance.com, Liquidation Order Streams: \"only the latest one\"",
        .as_of = "2026-11-22"},
    LiquidationChannel{.venue = "bybit",
                       .channel = "allLiquidation",
                       .feed = LiquidationFeed::complete,
                       .period = Duration::ms(500),
                       .price = "bankruptcy price",
                       .from = "2025-02-20",
                       .source = "bybit-exchange/docs v5 websocket all-liquidation",
                       .as_of = "2026-07-24"},
    // The old channel stopped; its totals cannot be compared with those of the new one.
    LiquidationChannel{.venue = "bybit",
                       .channel = "liquidation",
                       .feed = LiquidationFeed::at_most_one_per_second,
                       .period = Duration::ms(1000),
                       .price = "bankruptcy price",
                       .until = "2025-02-26",
                       .source = "bybit-exchange/docs v5 changelog 2025-02-20",
                       .as_of = "2026-07-24"},
    LiquidationChannel{
        .venue = "okx",
        .channel = "liquidation-orders",
        .feed = LiquidationFeed::at_most_one_per_second,
        .period = Duration::ms(1000),
        .price = "bkPx, called a bankruptcy price, measured at the mark",
        .source = "OKX v5 docs: at most one order a contract in a second, not the full set",
        .as_of = "2026-11-22"},
    LiquidationChannel{
        .venue = "deribit",
        .channel = "trades",
        .feed = LiquidationFeed::flagged_trades,
        .price = "the trade's price",
        .source =
            "flag seen absent or 60 minutes late on the public stream, whole on the history host",
        .as_of = "2026-09-28"},
};

constexpr Qty kOne = Qty::raw(Qty::scale);

// What one contract of Binance's options on `base` holds, in coins.
constexpr ContractSize option_of(std::string_view base, int64_t units) {
  return {.venue = "binance",
          .base = base,
          .kind = InstrumentKind::option,
          .size = Qty::raw(units * Qty::scale),
          .source = "Binance Options Contract Specifications, \"Unit\"",
          .as_of = "2024-11-12"};
}

constexpr std::array kContractSizes{
    ContractSize{.venue = "binance",
                 .base = "",
                 .kind = InstrumentKind::spot,
                 .size = kOne,
                 .source = "spot quantity is in base coins",
                 .as_of = "2026-11-22"},
    ContractSize{.venue = "binance",
                 .base = "",
                 .kind = InstrumentKind::linear,
                 .size = kOne,
                 .source = "USD-M quantity is in base coins: exchangeInfo has no contractSize",
                 .as_of = "2025-08-07"},
    ContractSize{.venue = "binance",
                 .base = "BTC",
                 .kind = InstrumentKind::inverse,
                 .size = Qty::raw(100 * Qty::scale),
                 .source = "dapi/v1/exchangeInfo contractSize 100 USD",
                 .as_of = "2025-08-07"},
    ContractSize{.venue = "binance",
                 .base = "",
                 .kind = InstrumentKind::inverse,
                 .size = Qty::raw(10 * Qty::scale),
                 .source = "dapi/v1/exchangeInfo contractSize 10 USD, every base but BTC",
                 .as_of = "2025-08-07"},
    // Others have units of their own, which their listing says.
    option_of("BTC", 1),
    option_of("ETH", 1),
    option_of("BNB", 1),
    option_of("SOL", 1),
    option_of("XRP", 100),
    option_of("DOGE", 1'000),
    ContractSize{.venue = "bybit",
                 .base = "",
                 .kind = InstrumentKind::spot,
                 .size = kOne,
                 .source = "spot quantity is in base coins",
                 .as_of = "2026-07-24"},
    ContractSize{.venue = "bybit",
                 .base = "",
                 .kind = InstrumentKind::linear,
                 .size = kOne,
                 .source = "v5: linear quantity is in base coins",
                 .as_of = "2026-07-24"},
    ContractSize{.venue = "bybit",
                 .base = "",
                 .kind = InstrumentKind::inverse,
                 .size = kOne,
                 .source = "v5: inverse quantity is in USD",
                 .as_of = "2026-07-24"},
    ContractSize{.venue = "bybit",
                 .base = "",
                 .kind = InstrumentKind::option,
                 .size = kOne,
                 .source = "v5: option quantity is in base coins",
                 .as_of = "2026-07-24"},
    ContractSize{.venue = "deribit",
                 .base = "",
                 .kind = InstrumentKind::spot,
                 .size = kOne,
                 .source = "amount is in base coins",
                 .as_of = "2026-11-22"},
    ContractSize{.venue = "deribit",
                 .base = "",
                 .kind = InstrumentKind::linear,
                 .size = kOne,
                 .source = "amount and open_interest of linear contracts are in base coins",
                 .as_of = "2026-11-22"},
    // The contract_size of get_instruments (10 for BTC) divides amounts into contracts; amounts are
    // what is sent.
    ContractSize{.venue = "deribit",
                 .base = "",
                 .kind = InstrumentKind::inverse,
                 .size = kOne,
                 .source = "amount and open_interest of inverse contracts are in USD",
                 .as_of = "2026-11-22"},
    ContractSize{.venue = "deribit",
                 .base = "",
                 .kind = InstrumentKind::option,
                 .size = kOne,
                 .source = "amount and open_interest of options are in base coins",
                 .as_of = "2026-11-22"},
};

bool holds(const LiquidationChannel& row, std::string_view day) {
  return (row.from.empty() || row.from <= day) && (row.until.empty() || day <= row.until);
}

}  // namespace

std::span<const LiquidationChannel> liquidation_channels() { return kLiquidationChannels; }

const LiquidationChannel* liquidation_channel(std::string_view venue, std::string_view channel,
                                              Instant at) {
  for (const LiquidationChannel& row : kLiquidationChannels) {
    if (row.venue != venue || row.channel != channel) continue;
    if ((row.from.empty() && row.until.empty()) || holds(row, at.date())) return &row;
  }
  return nullptr;
}

std::span<const ContractSize> contract_sizes() { return kContractSizes; }

std::optional<Qty> known_contract_size(std::string_view venue, InstrumentKind kind,
                                       std::string_view base) {
  const ContractSize* fallback = nullptr;
  for (const ContractSize& row : kContractSizes) {
    if (row.venue != venue || row.kind != kind) continue;
    if (row.base == base) return row.size;
    if (row.base.empty()) fallback = &row;
  }
  if (!fallback) return std::nullopt;
  return fallback->size;
}

}  // namespace delever::codec
