// make_dialect: one row a market.
#include <fmt/format.h>

#include <array>

#include "venues/binance/binance.h"
#include "venues/bybit/bybit.h"
#include "venues/deribit/deribit.h"
#include "venues/hyperliquid/hyperliquid.h"
#include "venues/okx/okx.h"
#include "venues/dialects.h"

namespace delever::venues {
namespace {

constexpr std::array<std::string_view, 11> kNames{
    "binance-usdm", "binance-coinm", "binance-spot", "binance-eoptions",
    "bybit:linear", "bybit:inverse", "bybit:spot",   "bybit:option",
    "okx",          "deribit",       "hyperliquid"};

}  // namespace

std::span<const std::string_view> dialect_names() { return kNames; }

Result<std::unique_ptr<Dialect>> make_dialect(std::string_view market) {
  if (market == "binance-usdm") return make_binance_dialect(BinanceMarket::usdm);
  if (market == "binance-coinm") return make_binance_dialect(BinanceMarket::coinm);
  if (market == "binance-spot") return make_binance_dialect(BinanceMarket::spot);
  if (market == "binance-eoptions") return make_binance_dialect(BinanceMarket::eoptions);
  if (market == "okx") return make_okx_dialect();
  if (market == "deribit") return make_deribit_dialect();
  if (market == "hyperliquid") return make_hyperliquid_dialect();
  for (const std::string_view name : kNames) {
    if (name == market && name.starts_with("bybit:")) return make_bybit_dialect(name.substr(6));
  }
  std::string names;
  for (const std::string_view name : kNames)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  return Error{Fault::not_found, fmt::format("no market \"{}\" to listen to (there are {})",
                                             market.substr(0, 60), names)};
}

}  // namespace delever::venues
