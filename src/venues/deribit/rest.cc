#include <algorithm>
#include <array>

#include "base/text.h"
#include "venues/deribit/reader.h"

namespace delever::venues::deribit {
namespace {

struct Shape {
  std::string_view field, endpoint;
};

// An answer is known by the path of its request, or else by a field that only its rows have; the
// first that fits counts.
constexpr std::array<Shape, 5> kRowShapes{{
    {"tick_size", "get_instruments"},
    {"interest_1h", "get_funding_rate_history"},
    {"creation_timestamp", "get_book_summary_by_currency"},
    {"trade_seq", "get_last_trades"},
    {"coin_type", "get_currencies"},
}};
constexpr std::array<Shape, 6> kObjectShapes{{
    {"change_id", "get_order_book"},
    {"trades", "get_last_trades"},
    {"best_bid_price", "ticker"},
    {"mark_price", "ticker"},
    {"index_price", "get_index_price"},
    {"tick_size", "get_instrument"},
}};

constexpr std::array<std::string_view, 16> kNoEvent{"get_announcements",
                                                    "get_contract_size",
                                                    "get_currencies",
                                                    "get_delivery_prices",
                                                    "get_expirations",
                                                    "get_funding_chart_data",
                                                    "get_funding_rate_value",
                                                    "get_historical_volatility",
                                                    "get_index_price_names",
                                                    "get_last_settlements_by_currency",
                                                    "get_last_settlements_by_instrument",
                                                    "get_mark_price_history",
                                                    "get_rfqs",
                                                    "get_trade_volumes",
                                                    "get_tradingview_chart_data",
                                                    "status"};
constexpr std::array<std::string_view, 9> kControl{"auth",  "disable_heartbeat", "get_time",
                                                   "hello", "set_heartbeat",     "subscribe",
                                                   "test",  "unsubscribe",       "unsubscribe_all"};

template <size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// One name for the variants that differ in what they are asked by, not in what they answer.
std::string_view plain(std::string_view endpoint) {
  if (endpoint.starts_with("get_book_summary_by_")) return "get_book_summary_by_currency";
  if (endpoint.starts_with("get_last_trades_by_")) return "get_last_trades";
  if (endpoint.starts_with("get_order_book")) return "get_order_book";
  if (endpoint == "get_index") return "get_index_price";
  return endpoint;
}

}  // namespace

Ending DeribitReader::read_answer(codec::JsonObject& message, codec::FlatObject& top) {
  channel_ =
      request_.endpoint.empty() ? std::string_view("answer") : std::string_view(request_.endpoint);
  if (top.is_object("error")) {
    codec::JsonObject error = codec::child(message, "error", fields_);
    if (fields_.ok()) row_.read(error);
    return refuse(row_.maybe_text("message").value_or(""));
  }
  const std::string_view endpoint = plain(request_.endpoint);
  if (is_one_of(endpoint, kControl)) return Ending::control;
  if (is_one_of(endpoint, kNoEvent)) return Ending::no_event;
  // Rows without a time of their own are as old as the answer, which Deribit stamps in
  // microseconds.
  Instant at = received_;
  if (const auto out = top.maybe_integer("usOut")) {
    const auto sent = Instant::from_us(*out);
    if (!sent.has_value())
      fields_.fail(Fault::out_of_range, "beyond the years 1677 to 2262", "usOut");
    else
      at = sent.value();
  }
  if (!fields_.ok()) return Ending::read;
  if (top.is_array("result")) return read_rows(message, endpoint, at);
  if (!top.is_object("result")) return Ending::control;  // "ok", a time
  codec::JsonObject result = codec::child(message, "result", fields_);
  if (!fields_.ok()) return Ending::read;
  row_.read(result);
  if (!fields_.ok()) return Ending::read;
  return read_object(result, endpoint, at);
}

Ending DeribitReader::read_rows(codec::JsonObject& message, std::string_view endpoint, Instant at) {
  bool any = false, objects = false;
  codec::each_in(message, "result", fields_, [&](codec::JsonValue value) {
    if (any) return;
    any = true;
    objects = value.raw_json_token().starts_with('{');
    codec::JsonObject first;
    if (!objects) return;
    if (value.get_object().get(first) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "not JSON", "result");
    row_.read(first);
  });
  if (!fields_.ok()) return Ending::read;
  if (!any && endpoint.empty()) return refuse("an empty list: nothing was subscribed");
  if (!objects)
    return endpoint.empty() ? Ending::control
                            : Ending::no_event;  // names of channels; nothing at all
  if (message.reset().error() != simdjson::SUCCESS) fields_.fail(Fault::malformed, "not JSON");
  for (const Shape& shape : kRowShapes) {
    if (!endpoint.empty()) break;
    if (row_.has(shape.field)) endpoint = shape.endpoint;
  }
  if (!endpoint.empty()) channel_ = endpoint;
  if (is_one_of(endpoint, kNoEvent)) return Ending::no_event;
  if (endpoint == "get_instruments") {
    codec::each_row(message, "result", row_, [&](codec::JsonObject&) { read_listing(at); });
  } else if (endpoint == "get_book_summary_by_currency") {
    codec::each_row(message, "result", row_, [&](codec::JsonObject&) { read_summary_row(); });
  } else if (endpoint == "get_last_trades") {
    return read_trades(message, "result");
  } else if (endpoint == "get_funding_rate_history") {
    const std::string_view name = request_.get("instrument_name");
    if (name.empty())
      fields_.fail(Fault::no_evidence, "neither answer nor request says which", "instrument_name");
    const auto id = instrument(name, "instrument_name");
    if (id)
      codec::each_row(message, "result", row_, [&](codec::JsonObject&) { read_funding_row(*id); });
  } else {
    return Ending::unknown;
  }
  return Ending::read;
}

Ending DeribitReader::read_object(codec::JsonObject& result, std::string_view endpoint,
                                  Instant at) {
  if (endpoint.empty() && row_.is_array("data") && !row_.has("current_interest"))
    endpoint = "get_volatility_index_data";
  for (const Shape& shape : kObjectShapes) {
    if (!endpoint.empty()) break;
    if (row_.has(shape.field)) endpoint = shape.endpoint;
  }
  if (endpoint.empty()) return Ending::control;  // versions, tokens
  channel_ = endpoint;
  if (endpoint == "get_last_trades") return read_trades(result, "trades");
  if (endpoint == "ticker") return read_ticker(result);
  if (endpoint == "get_order_book") return read_order_book(result);
  if (endpoint == "get_volatility_index_data") return read_volatility_candles(result);
  if (endpoint == "get_instrument") {
    read_listing(at);
    return Ending::read;
  }
  if (endpoint != "get_index_price") return Ending::unknown;
  const std::string_view name = request_.get("index_name");
  if (name.empty())
    fields_.fail(Fault::no_evidence, "neither answer nor request says which", "index_name");
  if (const auto id = index(name, "index_name"))
    stage_.add<IndexPrice>(*id, at).price = row_.fixed<Price>("index_price", Precision::nearest);
  return Ending::read;
}

// Levels here are [price, amount]. The rest of the answer is a ticker.
Ending DeribitReader::read_order_book(codec::JsonObject& result) {
  const Instant at = row_.ms("timestamp");
  const uint64_t change = row_.count("change_id");
  const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
  if (!fields_.ok()) return Ending::read;
  if (!id) return skip("combination");
  BookSnapshot& book = stage_.add<BookSnapshot>(*id, at);
  book.sequence.last = change;
  read_levels(result, "bids", book.bids);
  if (fields_.ok()) read_levels(result, "asks", book.asks);
  // As deep as was asked for; an answer that does not say counts as being as deep as it is.
  const auto depth = read_int(request_.get("depth"));
  const size_t shown = std::max(book.bids.size(), book.asks.size());
  book.depth = static_cast<uint32_t>(
      depth && *depth > 0 && *depth <= 10'000 ? static_cast<size_t>(*depth) : shown);
  return fields_.ok() ? read_ticker(result) : Ending::read;
}

// Rows of an hour each. interest_8h overlaps from row to row and is left out.
void DeribitReader::read_funding_row(InstrumentId id) {
  const Instant at = row_.ms("timestamp");
  const Rate rate = row_.fixed<Rate>("interest_1h", Precision::nearest);
  if (!fields_.ok()) return;
  stage_.add<FundingRate>(id, at) = {
      .rate = rate, .kind = FundingKind::settled, .interval = Duration::hours(1), .settles_at = at};
}

// Rows of [start, open, high, low, close], in per cent; known at the end of their period.
Ending DeribitReader::read_volatility_candles(codec::JsonObject& result) {
  const std::string coin = lower(request_.get("currency"));
  const std::string_view resolution = request_.get("resolution");
  const auto seconds = resolution == "1D" ? std::optional<int64_t>(86'400) : read_int(resolution);
  if (coin.empty() || !seconds || *seconds <= 0 || *seconds > 86'400 * 366)
    fields_.fail(Fault::no_evidence, "the request, which alone names it, is not known",
                 coin.empty() ? "currency" : "resolution");
  const auto id = index(coin + "_usd", "currency");
  if (!id) return Ending::read;
  codec::each_in(result, "data", fields_, [&](codec::JsonValue value) {
    codec::JsonArray cells;
    if (value.get_array().get(cells) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "a row is not an array", "data");
    std::array<std::string_view, 5> text{};
    size_t columns = 0;
    codec::each(cells, fields_, "data", [&](codec::JsonValue cell) {
      if (columns < text.size()) text[columns] = fields_.text_of(cell, "data").value_or("");
      ++columns;
    });
    if (!fields_.ok()) return;
    const auto start = read_int(text[0]);
    const auto open = read_double(text[1]), high = read_double(text[2]), low = read_double(text[3]),
               close = read_double(text[4]);
    if (!start || !open || !high || !low || !close)
      return fields_.fail(Fault::malformed, "not [time, open, high, low, close]", "data");
    const Instant end = plus(fields_.from_ms(*start, "data"), Duration::seconds(*seconds), "data");
    VolIndex& published = stage_.add<VolIndex>(*id, end);
    published.index = "DVOL";
    published.value = *close / 100.0;
    published.open = *open / 100.0;
    published.high = *high / 100.0;
    published.low = *low / 100.0;
  });
  return Ending::read;
}

// The venue's contract_size says how many units of amount make one contract. Amounts are what
// messages carry, so it is not ours (venues/channels.cc).
bool DeribitReader::read_listing(Instant at) {
  const std::string_view name = row_.symbol("instrument_name");
  const auto id = instrument(name, "instrument_name");
  if (!fields_.ok() || !id) return false;
  Instrument listed = instruments_[*id];
  listed.tick = row_.maybe<Price>("tick_size");
  listed.step = row_.maybe<Qty>("min_trade_amount");
  if (listed.expiry)
    listed.expiry = row_.maybe_ms("expiration_timestamp");  // perpetuals expire in the year 3000
  if (listed.strike) {
    if (const auto strike = row_.maybe<Price>("strike")) listed.strike = strike;
  }
  const auto state = row_.maybe_text("state");
  const bool active = row_.maybe_bool("is_active").value_or(true);
  list(std::move(listed), at, state ? *state : active ? "active" : "inactive");
  return true;
}

}  // namespace delever::venues::deribit
