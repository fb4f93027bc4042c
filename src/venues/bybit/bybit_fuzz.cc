// The first byte chooses the settings of the stream, the rest are its messages, one a line.
#include <array>

#include "venues/bybit/bybit.h"
#include "venues/fuzz_messages_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::venues;
  if (size == 0 || size > 1 << 16) return 0;
  constexpr std::array<std::array<const char*, 2>, 8> settings{{
      {"", ""},
      {"spot", ""},
      {"inverse", ""},
      {"option", "/v5/market/tickers?category=option&baseCoin=BTC"},
      {"linear", "/v5/market/kline?category=linear&symbol=BTCUSDT&interval=60"},
      {"", "/v5/market/mark-price-kline?symbol=BTCUSDT&interval=M"},
      {"", "/v5/market/open-interest?symbol=BTCUSD&category=inverse"},
      {"", "/v5/market/orderbook?limit=50&symbol=BTCUSDT"},
  }};
  const auto& chosen = settings[data[0] % settings.size()];
  Instruments instruments;
  const auto decoder =
      make_bybit_decoder({{"category", chosen[0]}, {"request", chosen[1]}}, instruments, 3);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  venues::fixture::decode_lines(*decoder.value(), instruments, 3, input.substr(1));
  return 0;
}
