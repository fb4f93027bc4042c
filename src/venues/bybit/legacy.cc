// The streams of before v5: those of derivatives ("v2"; archives hold them until 2023) and those of
// spot.
#include "base/text.h"
#include "venues/bybit/reader.h"

namespace delever::venues::bybit {
namespace {

// v2 scales some numbers by powers of ten and says so in the name: mark_price_e4, funding_rate_e6,
// timestamp_e6.
template <class T>
std::optional<T> scaled(codec::FieldReader& faults, std::optional<int64_t> value, int digits,
                        std::string_view key) {
  if (!value) return std::nullopt;
  int64_t factor = 1;
  for (int i = digits; i < T::digits; ++i) factor *= 10;
  int64_t units = 0;
  if (__builtin_mul_overflow(*value, factor, &units))
    faults.fail(Fault::out_of_range, "beyond its unit", key);
  return T::raw(units);
}

constexpr uint32_t kOldSpotDepth = 40;

}  // namespace

Instant BybitReader::v2_time(codec::FlatObject& top) {
  const std::string_view key = top.has("timestampE6") ? "timestampE6" : "timestamp_e6";
  const int64_t micros = top.integer(key);
  if (!fields_.ok()) return {};
  const auto at = Instant::from_us(micros);
  if (!at.has_value()) fields_.fail(Fault::out_of_range, "beyond the years 1677 to 2262", key);
  return at.has_value() ? at.value() : Instant();
}

// Numbered by cross_seq, which rises but not by one, so that a missing message cannot be seen.
// Messages are chained to the one that came before them here: the book builder then finds what a
// crossed book shows, and no more.
Ending BybitReader::read_v2_book(codec::JsonObject& message, codec::FlatObject& top,
                                 const Parts& topic) {
  const std::string_view symbol = topic.back();
  const std::string_view type = top.text("type");
  const Instant at = v2_time(top);
  const uint64_t sequence = top.count(top.has("crossSeq") ? "crossSeq" : "cross_seq");
  if (topic.size() < 2 || symbol.empty() || symbol.size() > 64) return Ending::unknown;
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol, std::nullopt);
  const std::string_view whole_topic = top.text("topic");
  const uint32_t depth = topic[0] == "orderBookL2_25" ? 25 : 200;
  if (type == "snapshot") {
    BookSnapshot& book = stage_.add<BookSnapshot>(id, at);
    BookDelta all;
    const auto read_row = [&](codec::JsonObject&) { read_v2_level(all, false); };
    if (top.is_array("data")) {
      codec::each_row(message, "data", row_, read_row);
    } else {
      codec::JsonObject data = codec::child(message, "data", fields_);
      if (!fields_.ok()) return Ending::read;
      row_.read(data);
      codec::each_row(data, row_.has("orderBook") ? "orderBook" : "order_book", row_, read_row);
    }
    book.asks = std::move(all.asks);
    // Both sides come in order of rising price.
    book.bids.assign(all.bids.rbegin(), all.bids.rend());
    book.sequence.last = sequence;
    book.sequence.chain = depth;
    book.depth = depth;
  } else if (type == "delta") {
    BookDelta& book = stage_.add<BookDelta>(id, at);
    book.sequence.last = sequence;
    book.sequence.chain = depth;
    const auto before = v2_sequence_.find(whole_topic);
    if (before != v2_sequence_.end()) book.sequence.previous = before->second;
    codec::JsonObject data = codec::child(message, "data", fields_);
    for (const std::string_view key : {"delete", "update", "insert"}) {
      if (!fields_.ok()) return Ending::read;
      codec::each_row(data, key, row_,
                      [&](codec::JsonObject&) { read_v2_level(book, key == "delete"); });
    }
  } else {
    fields_.fail(Fault::malformed, "neither snapshot nor delta", "type");
  }
  if (fields_.ok()) v2_sequence_.insert_or_assign(std::string(whole_topic), sequence);
  return Ending::read;
}

void BybitReader::read_v2_level(BookDelta& book, bool taken_away) {
  Level level{.price = row_.fixed<Price>("price")};
  if (!taken_away) level.qty = row_.fixed<WideQty>("size");
  if (fields_.ok() && level.qty < WideQty())
    fields_.fail(Fault::malformed, "a negative quantity", "size");
  if (fields_.ok() && level.price <= Price())
    fields_.fail(Fault::malformed, "not positive", "price");
  const Side where = side("side");
  if (fields_.ok()) (where == Side::buy ? book.bids : book.asks).push_back(level);
}

// Text beside a scaled number is the better one: for coins with ticks below 0.0001 the "_e4" of a
// message is not e4 (XLMUSDT: "last_price_e4":"28765" beside "last_price":"0.28765").
std::optional<Price> BybitReader::v2_price(std::string_view snake, std::string_view camel) {
  const std::string_view name = row_.has(camel) ? camel : snake;
  if (row_.has(name)) return row_.maybe<Price>(name, Precision::nearest);
  const std::string e4 =
      row_.has(std::string(camel) + "E4") ? std::string(camel) + "E4" : std::string(snake) + "_e4";
  return scaled<Price>(fields_, row_.maybe_integer(e4), 4, snake);
}

std::optional<Rate> BybitReader::v2_rate(std::string_view snake, std::string_view camel) {
  return scaled<Rate>(fields_, row_.maybe_integer(row_.has(camel) ? camel : snake), 6, snake);
}

Ending BybitReader::read_v2_instrument(codec::JsonObject& message, codec::FlatObject& top) {
  const std::string_view type = top.text("type");
  const Instant at = v2_time(top);
  codec::JsonObject data = codec::child(message, "data", fields_);
  if (!fields_.ok()) return Ending::read;
  if (type == "snapshot") {
    row_.read(data);
    if (fields_.ok()) read_v2_instrument_row(at, true);
  } else if (type == "delta") {
    codec::each_row(data, "update", row_,
                    [&](codec::JsonObject&) { read_v2_instrument_row(at, false); });
  } else {
    fields_.fail(Fault::malformed, "neither snapshot nor delta", "type");
  }
  return Ending::read;
}

void BybitReader::read_v2_instrument_row(Instant at, bool snapshot) {
  const std::string_view symbol = row_.symbol("symbol");
  if (!fields_.ok()) return;
  const InstrumentId id = instrument(symbol, std::nullopt);
  Ticker ticker;
  if (const auto found = tickers_.find(id); !snapshot && found != tickers_.end())
    ticker = found->second;

  if (const auto mark = v2_price("mark_price", "markPrice"))
    stage_.add<MarkPrice>(id, at).price = *mark;
  if (const auto index = v2_price("index_price", "indexPrice"))
    stage_.add<IndexPrice>(id, at).price = *index;
  // Both sides, as in v5 (tickers.cc): contracts of 1 USD as a number, coins as e8.
  auto both = row_.maybe<WideQty>("open_interest", Precision::nearest);
  if (!both) {
    const auto e8 =
        row_.maybe_integer(row_.has("openInterestE8") ? "openInterestE8" : "open_interest_e8");
    both = scaled<Qty>(fields_, e8, 8, "open_interest_e8");
  }
  if (both) stage_.add<OpenInterest>(id, at).contracts = both->half();

  const auto rate = v2_rate("funding_rate_e6", "fundingRateE6");
  const auto predicted = v2_rate("predicted_funding_rate_e6", "predictedFundingRateE6");
  const auto next =
      row_.maybe_text(row_.has("nextFundingTime") ? "nextFundingTime" : "next_funding_time");
  std::optional<Instant> next_at;
  if (next) {
    const auto parsed = Instant::parse(*next);
    if (!parsed.has_value())
      return fields_.fail(Fault::malformed, "not a time", "next_funding_time");
    if (parsed.value() > Instant()) next_at = parsed.value();  // 1970 stands for none
  }
  if (!fields_.ok()) return;
  if (rate) ticker.rate = rate;
  if (predicted) ticker.predicted = predicted;
  if (next_at) ticker.next_funding = next_at;
  tickers_[id] = ticker;
  if (rate || predicted || next_at) stage_funding(id, at, ticker);
}

// {"topic":"trade","params":{"symbol":...},"data":{...}}. Every depth message is the whole of 40
// levels a side.
Ending BybitReader::read_old_spot(codec::JsonObject& message, codec::FlatObject& top) {
  const std::string_view topic = top.text("topic");
  channel_ = topic;
  if (top.has("event")) {
    if (top.maybe_text("code").value_or("0") != "0")
      return refuse(top.maybe_text("msg").value_or(""));
    return Ending::control;
  }
  if (topic != "depth" && topic != "trade" && topic != "bookTicker")
    return topic == "kline" || topic == "realtimes" ? Ending::no_event : Ending::unknown;
  codec::JsonObject params = codec::child(message, "params", fields_);
  if (!fields_.ok()) return Ending::read;
  row_.read(params);
  const std::string_view symbol = row_.symbol("symbol");
  codec::JsonObject data = codec::child(message, "data", fields_);
  if (!fields_.ok()) return Ending::read;
  row_.read(data);
  const Instant at = old_spot_time(topic == "bookTicker" ? "time" : "t");
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol, BybitCategory::spot);
  if (topic == "depth") {
    BookSnapshot& book = stage_.add<BookSnapshot>(id, at);
    book.depth = kOldSpotDepth;
    read_levels(data, "b", book.bids);
    if (fields_.ok()) read_levels(data, "a", book.asks);
  } else if (topic == "trade") {
    Trade& trade = stage_.add<Trade>(id, at);
    trade.price = row_.fixed<Price>("p");
    trade.qty = row_.fixed<WideQty>("q");
    trade.id = row_.text("v");
    const auto bought = row_.maybe_bool("m");  // true: the buyer was the taker
    if (!bought) fields_.fail(Fault::malformed, "missing", "m");
    trade.taker_side = bought.value_or(true) ? Side::buy : Side::sell;
  } else {
    Quote& quote = stage_.add<Quote>(id, at);
    quote.bid_price = row_.maybe<Price>("bidPrice");
    quote.bid_qty = row_.maybe<WideQty>("bidQty");
    quote.ask_price = row_.maybe<Price>("askPrice");
    quote.ask_qty = row_.maybe<WideQty>("askQty");
  }
  return Ending::read;
}

// Milliseconds; recordings with whole seconds exist.
Instant BybitReader::old_spot_time(std::string_view key) {
  constexpr int64_t kSecondsBelow =
      100'000'000'000;  // as seconds the year 5138, as milliseconds 1973
  const int64_t value = row_.integer(key);
  if (!fields_.ok()) return {};
  return fields_.from_ms(value < kSecondsBelow && value > -kSecondsBelow ? value * 1000 : value,
                         key);
}

}  // namespace delever::venues::bybit
