// The decoders by name: the roof over the venues' folders.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "codec/decoder.h"

namespace delever::venues {

struct HyperliquidLists;

// What one stream of a run teaches the others beside the instruments: Hyperliquid's lists of coins
// may stand on another stream than the figures that follow their order.
struct SharedLists {
  SharedLists();
  std::shared_ptr<HyperliquidLists> hyperliquid;
};

// `name`: binance-usdm, binance-coinm, binance-spot, binance-eoptions, bybit, okx, deribit,
// hyperliquid, simulated (what `delever simulate` writes), csv. Instruments outlives the decoder
// and is shared by all streams of a run.
std::vector<std::string_view> decoder_names();
Result<std::unique_ptr<codec::Decoder>> make_decoder(std::string_view name,
                                                     const codec::StreamSettings& settings,
                                                     Instruments& instruments, SourceId source,
                                                     const SharedLists& shared = {});

}  // namespace delever::venues
