#include "venues/csv/symbols.h"

#include <fmt/format.h>

#include "base/text.h"
#include "codec/channels.h"
#include "venues/binance/binance.h"
#include "venues/bybit/bybit.h"
#include "venues/deribit/deribit.h"
#include "venues/hyperliquid/hyperliquid.h"
#include "venues/okx/okx.h"

namespace delever::venues {
namespace {

struct Grammar {
  std::string_view name;
  std::optional<Instrument> (*read)(std::string_view symbol);
};

// BTCUSD_PERP and BTCUSD_260327 are of the market margined in coins, and no other names are: a map
// for the one would take the amounts of the other for what they are not.
template <BinanceMarket market>
std::optional<Instrument> binance(std::string_view symbol) {
  const bool in_coins = upper(symbol).find("USD_") != std::string::npos;
  if (market != BinanceMarket::eoptions && in_coins != (market == BinanceMarket::coinm))
    return std::nullopt;
  return binance_instrument(market, symbol);
}
template <BinanceMarket market>
std::optional<Instrument> binance_pair(std::string_view pair) {
  return binance_index(market, pair);
}
template <BybitCategory category>
std::optional<Instrument> bybit(std::string_view symbol) {
  return bybit_instrument(symbol, category);
}

std::optional<Instrument> bybit_index(std::string_view symbol) {
  std::optional<Instrument> out = bybit_instrument(symbol, BybitCategory::spot);
  if (out) out->kind = InstrumentKind::index, out->contract_size.reset();
  return out;
}

constexpr Grammar kGrammars[] = {
    {"binance-usdm", binance<BinanceMarket::usdm>},
    {"binance-coinm", binance<BinanceMarket::coinm>},
    {"binance-spot", binance<BinanceMarket::spot>},
    {"binance-eoptions", binance<BinanceMarket::eoptions>},
    {"binance-usdm-index", binance_pair<BinanceMarket::usdm>},
    {"binance-coinm-index", binance_pair<BinanceMarket::coinm>},
    {"bybit",
     [](std::string_view symbol) -> std::optional<Instrument> {
       return bybit_instrument(symbol, {});
     }},
    {"bybit-linear", bybit<BybitCategory::linear>},
    {"bybit-inverse", bybit<BybitCategory::inverse>},
    {"bybit-spot", bybit<BybitCategory::spot>},
    {"bybit-option", bybit<BybitCategory::option>},
    {"okx",
     [](std::string_view symbol) -> std::optional<Instrument> { return okx_instrument(symbol); }},
    {"okx-index",
     [](std::string_view symbol) -> std::optional<Instrument> { return okx_index(symbol); }},
    {"bybit-index", bybit_index},
    {"deribit", deribit_instrument},
    {"deribit-index", deribit_index},
    {"hyperliquid",
     [](std::string_view coin) -> std::optional<Instrument> {
       return hyperliquid_instrument(coin);
     }},
};

}  // namespace

Result<Instrument> native_instrument(std::string_view grammar, std::string_view symbol) {
  for (const Grammar& known : kGrammars) {
    if (known.name != grammar) continue;
    std::optional<Instrument> out = known.read(symbol);
    // The venues' readers do their best with anything; here a symbol that does not fit is a bad
    // row.
    if (!out || out->base.empty() || out->quote.empty() ||
        (out->kind == InstrumentKind::option && !out->strike))
      return Error{Fault::malformed,
                   fmt::format("\"{}\" is not a symbol of {}", symbol.substr(0, 60), grammar)};
    if (!out->contract_size)
      out->contract_size = codec::known_contract_size(out->venue, out->kind, out->base);
    return *std::move(out);
  }
  return Error{Fault::not_found, fmt::format("no symbol grammar \"{}\"", grammar.substr(0, 40))};
}

}  // namespace delever::venues
