// Any bytes through the Hyperliquid decoder, one message a line. The first byte chooses the request
// that is known.
#include "venues/fuzz_lines_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::array<std::string_view, 8> requests{"",
                                                     R"({"type":"meta"})",
                                                     R"({"type":"metaAndAssetCtxs"})",
                                                     R"({"type":"l2Book","coin":"BTC"})",
                                                     R"({"type":"fundingHistory","coin":"BTC"})",
                                                     R"({"type":"spotMetaAndAssetCtxs"})",
                                                     R"({"type":"recentTrades"})",
                                                     R"({"type":"allMids")"};
  delever::venues::fuzzing::run_lines("hyperliquid", requests, data, size);
  return 0;
}
