// Any bytes through the OKX decoder, one message a line. The first byte chooses the REST request
// that is known.
#include "venues/fuzz_lines_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::array<std::string_view, 8> requests{
      "",
      "/api/v5/market/books?instId=BTC-USDT",
      "/api/v5/market/candles?instId=BTC-USDT-SWAP&bar=1M",
      "/api/v5/market/index-candles?instId=BTC-USD&bar=3Dutc",
      "/api/v5/public/instruments?instType=SWAP",
      "/api/v5/public/funding-rate-history?instId=BTC-USD-SWAP",
      "/api/v5/public/liquidation-orders?instType=SWAP",
      "/api/v5/market/trades"};
  delever::venues::fuzzing::run_lines("okx", requests, data, size);
  return 0;
}
