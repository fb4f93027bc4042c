// What reading one Binance message needs, shared by the readers of streams (stream.cc) and of REST
// answers (rest.cc). Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/reader.h"
#include "codec/request.h"
#include "venues/binance/binance.h"

namespace delever::venues::binance {

using namespace codec;

// The end of a candle, whose close time is the last millisecond inside, or the last microsecond.
inline Instant behind(Instant last) {
  return last + (last.ns() % 1'000'000 == 0 ? Duration::ms(1) : Duration::us(1));
}

class BinanceReader final : public Reader {
 public:
  BinanceReader(BinanceMarket market, const codec::StreamSettings& settings,
                Instruments& instruments);

 private:
  using Keys = std::vector<std::string_view>;

  Ending read(codec::JsonObject& object) override;
  Ending read(codec::JsonArray& array) override { return read_list(array, {}); }
  bool read_fast(std::string_view bytes) override;
  bool hand_over(Handover& state) override {
    state.fields(only_depth_, many_depths_);
    return true;
  }
  Ending read_wrapped(codec::JsonObject& envelope);
  // One message: an event of a stream, a REST answer, an acknowledgement. `text` is where the
  // object begins, `stream` the name it came under ("btcusdt@depth20"), or empty.
  Ending read_object(codec::JsonObject& object, const char* text, std::string_view stream);
  Ending read_list(codec::JsonArray& array, std::string_view stream);
  // A depth update in the usual spelling, without simdjson; false: not one, and nothing was done.
  bool read_plain_depth(std::string_view text, std::string_view stream);
  Ending read_value(codec::JsonValue& value, std::string_view stream);  // either

  // One event of a stream; `type` is its "e".
  Ending read_stream(codec::JsonObject& object, std::string_view type, std::string_view stream);
  Ending read_trade(codec::JsonObject& object, bool aggregated, bool off_book = false);
  Ending read_depth(codec::JsonObject& object, std::string_view stream, bool always_partial);
  struct DepthFields {
    std::string_view symbol;
    std::optional<Instant> engine, sent;
    uint64_t first = 0;
    std::optional<uint64_t> last, previous;
  };
  void finish_depth(const DepthFields& f);
  Ending read_book_ticker(codec::JsonObject& object);
  Ending read_force_order(codec::JsonObject& object);
  Ending read_mark_price(codec::JsonObject& object);
  Ending read_index_price(codec::JsonObject& object, std::string_view pair_key);
  Ending read_kline(codec::JsonObject& object, PriceKind kind);
  Ending read_option_ticker(codec::JsonObject& object);
  Ending read_option_mark(codec::JsonObject& object, std::string_view stream);
  Ending read_option_open_interest(codec::JsonObject& object);
  Ending read_contract_info(codec::JsonObject& object);
  Ending read_option_symbol(codec::JsonObject& object);

  // REST: the endpoint that a request or a shape names, then its rows.
  Ending read_endpoint(std::string_view endpoint, codec::JsonObject& object,
                       std::string_view stream);
  Ending read_kline_row(codec::JsonArray& row);
  Ending rest_depth(codec::JsonObject& object, std::string_view stream);
  Ending rest_trade(codec::JsonObject& object, bool aggregated);
  Ending rest_quote(codec::JsonObject& object);
  Ending rest_premium_index(codec::JsonObject& object);
  Ending rest_funding_rate(codec::JsonObject& object);
  void check_rate_types(codec::JsonArray& rows);
  Ending rest_funding_info(codec::JsonObject& object);
  Ending rest_open_interest(codec::JsonObject& object);
  Ending rest_open_interest_history(codec::JsonObject& object);
  Ending rest_option_mark(codec::JsonObject& object);
  Ending rest_index(codec::JsonObject& object);
  Ending rest_exchange_info(codec::JsonObject& object);
  Instrument read_listing(codec::JsonObject& symbol);

  InstrumentId instrument(std::string_view symbol) {
    return known_.is_last(symbol) ? known_.last() : find_instrument(symbol);
  }
  InstrumentId find_instrument(std::string_view symbol);
  InstrumentId index(std::string_view pair);
  // For messages that do not name their symbol: the request, the settings, the stream's name, or
  // the only depth channel seen.
  std::optional<InstrumentId> unnamed(std::string_view stream);
  std::optional<InstrumentId> contract_of(std::string_view pair, std::string_view contract_type);

  const BinanceMarket market_;
  const codec::RestRequest request_;
  const std::string_view endpoint_;  // "depth", "ticker/24hr"; empty: no request is known
  const std::string symbol_;         // of the settings
  SymbolCache known_;
  std::optional<InstrumentId> only_depth_;
  bool many_depths_ = false;
  bool mixed_rate_types_ = false;
};

}  // namespace delever::venues::binance
