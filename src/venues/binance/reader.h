// What reading one Binance message needs, shared by the readers of streams (stream.cc) and of REST
// answers (rest.cc). Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/json.h"
#include "codec/stage.h"
#include "venues/binance/binance.h"

namespace delever::venues::binance {

// How a message ended, apart from errors (in Reader::fields) and from staged events.
enum class Ending : uint8_t { read, control, no_event, unknown };

// "/fapi/v1/depth?symbol=BTCUSDT&limit=5", with or without the host.
struct Request {
  static Request parse(std::string_view text);
  std::string endpoint;  // "depth", "ticker/24hr", "openInterestHist"; empty: no request is known
  std::string symbol, pair, contract_type, underlying;
};

class Reader {
 public:
  Reader(BinanceMarket where, const codec::StreamSettings& settings, Instruments& all);

  // One message: an event of a stream, a REST answer, an acknowledgement. `text` is where the
  // object begins, `stream` the name it came under ("btcusdt@depth20"), or empty.
  Ending read_object(codec::JsonObject& object, const char* text, std::string_view stream);
  Ending read_array(codec::JsonArray& array, std::string_view stream);
  // A depth update in the usual spelling, without simdjson; false: not one, and nothing was done.
  bool read_plain_depth(std::string_view text, std::string_view stream);
  Ending read_value(codec::JsonValue& value, std::string_view stream);  // either

  codec::FieldReader fields;
  codec::Stage stage;
  Instant received;
  std::string_view channel;  // what the counts call this message; lives until the next message

 private:
  using Keys = std::vector<std::string_view>;

  // One event of a stream; `type` is its "e".
  Ending read_stream(codec::JsonObject& object, std::string_view type, std::string_view stream);
  Ending read_trade(codec::JsonObject& object, bool aggregated);
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

  // REST: the endpoint that a request or a shape names, then its rows.
  Ending read_endpoint(std::string_view endpoint, codec::JsonObject& object,
                       std::string_view stream);
  Ending read_kline_row(codec::JsonArray& row);
  Ending rest_depth(codec::JsonObject& object, std::string_view stream);
  Ending rest_trade(codec::JsonObject& object, bool aggregated);
  Ending rest_quote(codec::JsonObject& object);
  Ending rest_premium_index(codec::JsonObject& object);
  Ending rest_funding_rate(codec::JsonObject& object);
  Ending rest_funding_info(codec::JsonObject& object);
  Ending rest_open_interest(codec::JsonObject& object);
  Ending rest_open_interest_history(codec::JsonObject& object);
  Ending rest_option_mark(codec::JsonObject& object);
  Ending rest_index(codec::JsonObject& object);
  Ending rest_exchange_info(codec::JsonObject& object);
  Instrument read_listing(codec::JsonObject& symbol);
  Keys keys_of(codec::JsonObject& object);

  // [["84250.00","1.250"],...] from its text to where it ends; nullptr when it is written in
  // another way.
  static const char* scan_levels(const char* p, std::vector<Level>& out);
  void levels(codec::JsonValue& value, std::vector<Level>& out, std::string_view key);
  void levels_by_token(codec::JsonValue& value, std::vector<Level>& out, std::string_view key);
  InstrumentId instrument(std::string_view symbol) {
    return symbol == last_symbol_ && !symbol.empty() ? last_id_ : find_instrument(symbol);
  }
  InstrumentId find_instrument(std::string_view symbol);
  InstrumentId index(std::string_view pair);
  // For messages that do not name their symbol: the request, the settings, the stream's name, or
  // the only depth channel seen.
  std::optional<InstrumentId> unnamed(std::string_view stream);
  std::optional<InstrumentId> contract_of(std::string_view pair, std::string_view contract_type);
  Ending skip(std::string_view name) {
    channel = name;
    return Ending::no_event;
  }
  InstrumentKind kind() const;

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  const BinanceMarket market_;
  Instruments& instruments_;
  const Request request_;
  const std::string symbol_;  // of the settings
  std::unordered_map<std::string, InstrumentId, Hash, std::equal_to<>> known_;
  std::string last_symbol_;
  InstrumentId last_id_ = 0;
  std::optional<InstrumentId> only_depth_;
  bool many_depths_ = false;
};

}  // namespace delever::venues::binance
