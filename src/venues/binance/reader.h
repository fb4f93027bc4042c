// What reading one Binance message needs, shared by the readers of streams (stream.cc) and of REST
// answers (rest.cc). Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "venues/binance/binance.h"
#include "codec/json.h"
#include "codec/stage.h"

namespace delever::binance {

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
  Reader(BinanceMarket where, const StreamSettings& settings, Instruments& all);

  // One message: an event of a stream, a REST answer, an acknowledgement. `text` is where the
  // object begins, `stream` the name it came under ("btcusdt@depth20"), or empty.
  Ending read_object(JsonObject& object, const char* text, std::string_view stream);
  Ending read_array(JsonArray& array, std::string_view stream);
  // A depth update in the usual spelling, without simdjson; false: not one, and nothing was done.
  bool read_plain_depth(std::string_view text, std::string_view stream);
  Ending read_value(JsonValue& value, std::string_view stream);  // either

  FieldReader fields;
  Stage stage;
  Instant received;
  std::string_view channel;  // what the counts call this message; lives until the next message

 private:
  using Keys = std::vector<std::string_view>;

  // One event of a stream; `type` is its "e".
  Ending read_stream(JsonObject& object, std::string_view type, std::string_view stream);
  Ending read_trade(JsonObject& object, bool aggregated);
  Ending read_depth(JsonObject& object, std::string_view stream, bool always_partial);
  struct DepthFields {
    std::string_view symbol;
    std::optional<Instant> engine, sent;
    uint64_t first = 0;
    std::optional<uint64_t> last, previous;
  };
  void finish_depth(const DepthFields& f);
  Ending read_book_ticker(JsonObject& object);
  Ending read_force_order(JsonObject& object);
  Ending read_mark_price(JsonObject& object);
  Ending read_index_price(JsonObject& object, std::string_view pair_key);
  Ending read_kline(JsonObject& object, PriceKind kind);
  Ending read_option_ticker(JsonObject& object);
  Ending read_option_mark(JsonObject& object, std::string_view stream);
  Ending read_option_open_interest(JsonObject& object);
  Ending read_contract_info(JsonObject& object);

  // REST: the endpoint that a request or a shape names, then its rows.
  Ending read_endpoint(std::string_view endpoint, JsonObject& object, std::string_view stream);
  Ending read_kline_row(JsonArray& row);
  Ending rest_depth(JsonObject& object, std::string_view stream);
  Ending rest_trade(JsonObject& object, bool aggregated);
  Ending rest_quote(JsonObject& object);
  Ending rest_premium_index(JsonObject& object);
  Ending rest_funding_rate(JsonObject& object);
  Ending rest_funding_info(JsonObject& object);
  Ending rest_open_interest(JsonObject& object);
  Ending rest_open_interest_history(JsonObject& object);
  Ending rest_option_mark(JsonObject& object);
  Ending rest_index(JsonObject& object);
  Ending rest_exchange_info(JsonObject& object);
  Instrument read_listing(JsonObject& symbol);
  Keys keys_of(JsonObject& object);

  // [["84250.00","1.250"],...] from its text to where it ends; nullptr when it is written in
  // another way.
  static const char* scan_levels(const char* p, std::vector<Level>& out);
  void levels(JsonValue& value, std::vector<Level>& out, std::string_view key);
  void levels_by_token(JsonValue& value, std::vector<Level>& out, std::string_view key);
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

}  // namespace delever::binance
