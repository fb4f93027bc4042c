// The first byte chooses the request of the stream, the rest are its messages, one a line.
#include <array>

#include "venues/deribit/deribit.h"
#include "venues/fuzz_messages_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::venues;
  if (size == 0 || size > 1 << 16) return 0;
  constexpr std::array<const char*, 8> requests{
      "",
      "/api/v2/public/get_book_summary_by_currency?currency=BTC&kind=option",
      "/api/v2/public/get_funding_rate_history?instrument_name=BTC-PERPETUAL",
      "/api/v2/public/get_volatility_index_data?currency=BTC&resolution=3600",
      "/api/v2/public/get_index_price?index_name=btc_usd",
      "/api/v2/public/get_order_book?instrument_name=BTC-PERPETUAL&depth=5",
      "/api/v2/public/get_last_trades_by_currency?currency=BTC",
      "/api/v2/public/get_instruments?currency=BTC",
  };
  Instruments instruments;
  const auto decoder =
      make_deribit_decoder({{"request", requests[data[0] % requests.size()]}}, instruments, 3);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  venues::fixture::decode_lines(*decoder.value(), instruments, 3, input.substr(1));
  return 0;
}
