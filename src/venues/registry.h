// The decoders by name: the roof over the venues' folders.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "codec/decoder.h"

namespace delever::venues {

// `name`: binance-usdm, binance-coinm, binance-spot, binance-eoptions, bybit, okx, deribit,
// hyperliquid, simulated (what `delever simulate` writes), csv. Instruments outlives the decoder
// and is shared by all streams of a run.
std::vector<std::string_view> decoder_names();
Result<std::unique_ptr<codec::Decoder>> make_decoder(std::string_view name,
                                                     const codec::StreamSettings& settings,
                                                     Instruments& instruments, SourceId source);

}  // namespace delever::venues
