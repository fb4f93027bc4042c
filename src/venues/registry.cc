// make_decoder: one row a decoder.
#include "venues/registry.h"

#include <fmt/format.h>

#include "venues/binance/binance.h"
#include "venues/bybit/bybit.h"
#include "venues/csv/csv.h"
#include "venues/deribit/deribit.h"
#include "venues/hyperliquid/hyperliquid.h"
#include "venues/okx/okx.h"
#include "venues/simulated/simulated.h"

namespace delever::venues {
namespace {

using Made = Result<std::unique_ptr<codec::Decoder>>;
using Make = Made (*)(const codec::StreamSettings&, Instruments&, SourceId, const SharedLists&);

template <BinanceMarket market>
Made binance(const codec::StreamSettings& settings, Instruments& instruments, SourceId source,
             const SharedLists&) {
  return make_binance_decoder(market, settings, instruments, source);
}
// Of a venue whose streams are read each alone.
template <auto make>
Made alone(const codec::StreamSettings& settings, Instruments& instruments, SourceId source,
           const SharedLists&) {
  return make(settings, instruments, source);
}
Made hyperliquid(const codec::StreamSettings& settings, Instruments& instruments, SourceId source,
                 const SharedLists& shared) {
  return make_hyperliquid_decoder(settings, instruments, source, shared.hyperliquid);
}

struct Row {
  std::string_view name;
  Make make;
};

constexpr Row kDecoders[] = {
    {"binance-usdm", binance<BinanceMarket::usdm>},
    {"binance-coinm", binance<BinanceMarket::coinm>},
    {"binance-spot", binance<BinanceMarket::spot>},
    {"binance-eoptions", binance<BinanceMarket::eoptions>},
    {"bybit", alone<make_bybit_decoder>},
    {"deribit", alone<make_deribit_decoder>},
    {"okx", alone<make_okx_decoder>},
    {"hyperliquid", hyperliquid},
    {"simulated", alone<make_simulated_decoder>},
    {"csv", alone<make_csv_decoder>},
};

}  // namespace

SharedLists::SharedLists() : hyperliquid(make_hyperliquid_lists()) {}

std::vector<std::string_view> decoder_names() {
  std::vector<std::string_view> names;
  for (const Row& row : kDecoders) names.push_back(row.name);
  return names;
}

Result<std::unique_ptr<codec::Decoder>> make_decoder(std::string_view name,
                                                     const codec::StreamSettings& settings,
                                                     Instruments& instruments, SourceId source,
                                                     const SharedLists& shared) {
  std::string names;
  for (const Row& row : kDecoders) {
    if (row.name == name) return row.make(settings, instruments, source, shared);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
  }
  return Error{Fault::not_found,
               fmt::format("no decoder \"{}\" (there are {})", name.substr(0, 60), names)};
}

}  // namespace delever::venues
