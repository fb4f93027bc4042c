// What a file's path says about its stream, for captures whose bytes do not say it. A guess: the
// caller may know better.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/decoder.h"

namespace delever::feeds {

struct StreamGuess {
  std::string decoder;
  codec::StreamSettings settings;  // "symbol" and "category", where the path has them
  std::string request_path;  // "/fapi/v1/depth" from "...-rest-fapi_v1_depth.jsonl"; empty without
};

// By folder ("binance-usdm/book-....jsonl", "bybit-spot/...") or by the file's name
// ("binance_cm_btcusd_perp_20240808.gz").
std::optional<StreamGuess> guess_stream(std::string_view path);

}  // namespace delever::feeds
