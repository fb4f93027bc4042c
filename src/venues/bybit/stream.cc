#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "codec/channels.h"
#include "codec/message_loop.h"
#include "venues/bybit/reader.h"

namespace delever::venues {
namespace bybit {
namespace {

// Known channels without an event of ours: private ones, leveraged tokens, insurance pools, price
// limits.
constexpr std::array<std::string_view, 19> kBybitNoEvent{
    "insurance", "adlAlert",  "priceLimit", "kline_lt",       "tickers_lt", "lt",  "system",
    "order",     "execution", "position",   "wallet",         "greeks",     "dcp", "stopOrder",
    "strategy",  "rfq",       "userLevel",  "fast-execution", "spread"};

// The table of channels knows the dates for which a throttle rule is documented; what a channel
// means does not depend on them, so that a stamp from outside its dates (examples in docs, a late
// archive) is not thrown back to unknown.
LiquidationFeed feed_of(std::string_view channel) {
  for (const codec::LiquidationChannel& row : codec::liquidation_channels()) {
    if (row.venue == "bybit" && row.channel == channel) return row.feed;
  }
  return LiquidationFeed::unknown;
}

}  // namespace

BybitReader::BybitReader(const codec::StreamSettings& settings,
                         std::optional<BybitCategory> category, Instruments& instruments)
    : FlatReader(instruments),
      category_(category),
      request_(codec::RestRequest::parse(setting(settings, "request"))) {}

Ending BybitReader::read(codec::JsonObject& message, codec::FlatObject& top) {
  if (top.has("topic"))
    return top.has("params") ? read_old_spot(message, top) : read_topic(message, top);
  if (top.has("op") || top.has("success") || top.has("ret_msg"))
    return read_acknowledgement(message, top);
  if (top.has("retCode") || top.has("result")) return read_rest(message, top);
  if (top.has("ping") || top.has("pong")) return Ending::control;
  channel_ = "(no topic)";
  return Ending::unknown;
}

// A refusal is a fault: what was asked for will not come.
Ending BybitReader::read_acknowledgement(codec::JsonObject& message, codec::FlatObject& top) {
  if (top.maybe_bool("success") == false) {
    channel_ = "acknowledgement";
    auto why = top.maybe_text("ret_msg");
    if (!why) why = top.maybe_text("retMsg");
    return refuse(why.value_or(""));
  }
  if (!top.is_object("data")) return Ending::control;
  // Options and spreads: success even where topics failed.
  codec::JsonObject data = codec::child(message, "data", fields_);
  codec::JsonArray failed;
  if (!fields_.find(data, "failTopics", failed)) return Ending::control;
  std::string names;
  each(failed, fields_, "failTopics", [&](codec::JsonValue& topic) {
    names.append(names.empty() ? "" : ", ").append(fields_.text(topic, "failTopics"));
  });
  if (fields_.ok() && !names.empty()) {
    channel_ = "acknowledgement";
    return refuse(names);
  }
  return Ending::control;
}

Ending BybitReader::read_topic(codec::JsonObject& message, codec::FlatObject& top) {
  const std::string_view topic = top.text("topic");
  const Parts parts = split(topic, '.');
  const std::string_view name = parts[0];
  channel_ = name;
  if (std::find(kBybitNoEvent.begin(), kBybitNoEvent.end(), name) != kBybitNoEvent.end())
    return Ending::no_event;
  if (name == "publicTrade" || name == "trade") return read_trades(message, parts);
  if (name == "orderbook") return read_book(message, top, parts);
  if (name == "tickers") return read_ticker(message, top);
  if (name == "allLiquidation") return read_liquidations(message, top, true);
  if (name == "liquidation") return read_liquidations(message, top, false);
  if (name == "kline") return read_klines(message, top, parts);
  if (name == "orderBookL2_25" || name == "orderBook_200") return read_v2_book(message, top, parts);
  if (name == "instrument_info") return read_v2_instrument(message, top);
  return Ending::unknown;
}

InstrumentId BybitReader::instrument(std::string_view symbol, Category category) {
  if (!category) category = category_;
  auto& known = known_[category ? static_cast<size_t>(*category) : known_.size() - 1];
  if (const auto found = known.find(symbol); found != known.end()) return found->second;
  Instrument guess = bybit_instrument(symbol, category);
  const InstrumentKind kind = guess.kind;
  const InstrumentId id =
      instruments_.intern("bybit", symbol, kind, [&] { return std::move(guess); });
  known.emplace(symbol, id);
  return id;
}

std::optional<Side> BybitReader::side_of(std::string_view text) {
  if (text == "Buy") return Side::buy;
  if (text == "Sell") return Side::sell;
  return std::nullopt;
}

Side BybitReader::side(std::string_view key) {
  const auto found = side_of(row_.text(key));
  if (!found) fields_.fail(Fault::malformed, "neither Buy nor Sell", key);
  return found.value_or(Side::buy);
}

// v5: {T,s,S,v,p,i,BT}; v2: {symbol,side,size,price,trade_id, trade_time_ms or only timestamp}, in
// camel case too.
Ending BybitReader::read_trades(codec::JsonObject& message, const Parts& topic) {
  const Category category =
      topic.size() == 3 ? read_bybit_category(topic[1]) : std::nullopt;  // trade.linear.BTCUSDT
  codec::each_row(message, "data", row_, [&](codec::JsonObject&) {
    const std::string_view symbol = row_.symbol(row_.has("s") ? "s" : "symbol");
    if (fields_.ok()) read_trade(instrument(symbol, category));
  });
  return Ending::read;
}

void BybitReader::read_trade(InstrumentId id) {
  if (row_.has("S")) {
    Trade& trade = stage_.add<Trade>(id, row_.ms("T"));
    trade.price = row_.fixed<Price>("p");
    trade.qty = row_.fixed<WideQty>("v");
    trade.taker_side = side("S");
    trade.id = row_.text("i");
    trade.block = row_.maybe_bool("BT").value_or(false);
    trade.index_price = row_.maybe<Price>("iP", Precision::nearest);
    return;
  }
  auto at = row_.maybe_ms(row_.has("tradeTimeMs") ? "tradeTimeMs" : "trade_time_ms");
  if (!at) {  // before 2020 there was only the text, to the second
    const auto parsed = Instant::parse(row_.text("timestamp"));
    if (!parsed.has_value()) return fields_.fail(Fault::malformed, "not a time", "timestamp");
    at = parsed.value();
  }
  Trade& trade = stage_.add<Trade>(id, *at);
  trade.price = row_.fixed<Price>("price");
  trade.qty = row_.fixed<WideQty>("size");
  trade.taker_side = side("side");
  trade.id = row_.text(row_.has("tradeId") ? "tradeId" : "trade_id");
}

// orderbook.{depth}.{symbol}. Depth 1 becomes quotes. `cts` is the matching engine's time, `ts`
// that of the push.
Ending BybitReader::read_book(codec::JsonObject& message, codec::FlatObject& top,
                              const Parts& topic) {
  if (topic.size() < 3) return Ending::unknown;
  if (topic[1] == "rpi")
    return skip("orderbook.rpi");  // sizes split in two: not the book of the other channels
  const bool whole = topic[1] == "full";
  const auto depth = read_int(topic[1]);
  if (!whole && (!depth || *depth <= 0 || *depth > 100'000)) return Ending::unknown;
  const std::string_view type = top.text("type");
  if (fields_.ok() && type != "snapshot" && type != "delta")
    fields_.fail(Fault::malformed, "neither snapshot nor delta", "type");
  const auto engine_time = top.maybe_ms("cts");
  const Instant at = engine_time ? *engine_time : top.ms("ts");
  codec::JsonObject data = codec::child(message, "data", fields_);
  if (!fields_.ok()) return Ending::read;
  row_.read(data);
  const std::string_view symbol = row_.symbol("s");
  const uint64_t update = row_.count("u");
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol, std::nullopt);
  // After a restart of the service the first message has u = 1 and is the whole book, whatever its
  // label. orderbook.full has changes alone: there u = 1 means that its book is to be fetched
  // again.
  const bool snapshot = type == "snapshot" || (update == 1 && !whole);
  if (!whole && *depth == 1) {
    bids_.clear();
    asks_.clear();
    read_levels(data, "b", bids_);
    if (fields_.ok()) read_levels(data, "a", asks_);
    if (fields_.ok()) read_best(id, at, snapshot, update, bids_, asks_);
    return Ending::read;
  }
  const auto fill = [&](auto& book) {
    book.sequence.last = update;
    book.sequence.chain =
        whole ? kBybitFullBook : static_cast<uint32_t>(*depth);  // each depth counts its own u
    read_levels(data, "b", book.bids);
    if (fields_.ok()) read_levels(data, "a", book.asks);
  };
  if (snapshot) {
    BookSnapshot& book = stage_.add<BookSnapshot>(id, at);
    fill(book);
    if (!whole) book.depth = static_cast<uint32_t>(*depth);
  } else {
    fill(stage_.add<BookDelta>(id, at));
  }
  return Ending::read;
}

// A side is known from a snapshot on, or from the first delta that names its price.
void BybitReader::read_best(InstrumentId id, Instant at, bool snapshot, uint64_t update,
                            const std::vector<Level>& bids, const std::vector<Level>& asks) {
  Best& best = best_[id];
  if (snapshot) best = {.bid_known = true, .ask_known = true};
  const auto apply = [](const std::vector<Level>& levels, std::optional<Level>& side_best,
                        bool& known, bool bid) {
    std::optional<Level> found;
    for (const Level& level : levels) {
      if (level.qty == WideQty()) {
        if (side_best && side_best->price == level.price) side_best.reset();
        known = true;
      } else if (!found || (bid ? level.price > found->price : level.price < found->price)) {
        found = level;
      }
    }
    if (found) {
      side_best = found;
      known = true;
    }
  };
  apply(bids, best.bid, best.bid_known, true);
  apply(asks, best.ask, best.ask_known, false);
  if (!best.bid_known || !best.ask_known) return;
  Quote& quote = stage_.add<Quote>(id, at);
  if (best.bid) {
    quote.bid_price = best.bid->price;
    quote.bid_qty = best.bid->qty;
  }
  if (best.ask) {
    quote.ask_price = best.ask->price;
    quote.ask_qty = best.ask->qty;
  }
  quote.update_id = update;
}

// allLiquidation: {T,s,S,v,p}. Both channels name the side of the position that was closed (Buy: a
// long), its size as executed, and the bankruptcy price, which is not the fill.
Ending BybitReader::read_liquidations(codec::JsonObject& message, codec::FlatObject& top,
                                      bool complete) {
  const LiquidationFeed feed = feed_of(complete ? "allLiquidation" : "liquidation");
  const auto read_row = [&](codec::JsonObject&) {
    for (const std::string_view key : {"T", "updatedTime", "time"}) {
      if (row_.has(key)) return read_liquidation(row_.ms(key), feed);
    }
    fields_.fail(Fault::malformed, "missing", complete ? "T" : "updatedTime");
  };
  if (top.is_array("data")) {
    codec::each_row(message, "data", row_, read_row);
  } else {
    codec::JsonObject data = codec::child(message, "data", fields_);
    if (fields_.ok()) row_.read(data);
    if (fields_.ok()) read_row(data);
  }
  return Ending::read;
}

void BybitReader::read_liquidation(Instant at, LiquidationFeed feed) {
  const bool v5 = row_.has("S");
  const std::string_view symbol = row_.symbol(v5 ? "s" : "symbol");
  if (!fields_.ok()) return;
  Liquidation& liquidation = stage_.add<Liquidation>(instrument(symbol, std::nullopt), at);
  liquidation.feed = feed;
  liquidation.position_side =
      side(v5 ? "S" : "side") == Side::buy ? PositionSide::long_side : PositionSide::short_side;
  liquidation.order_price = row_.fixed<Price>(v5 ? "p" : "price");
  liquidation.filled_qty = row_.fixed<WideQty>(v5 ? "v" : row_.has("size") ? "size" : "qty");
  liquidation.id = row_.maybe_text("id").value_or("");
}

Ending BybitReader::read_klines(codec::JsonObject& message, codec::FlatObject& top,
                                const Parts& topic) {
  if (topic.size() != 3 || topic[2].empty() || topic[2].size() > 64) return Ending::unknown;
  const Instant pushed = top.ms("ts");
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(topic[2], std::nullopt);
  codec::each_row(message, "data", row_, [&](codec::JsonObject&) {
    Candle& candle = stage_.add<Candle>(id, pushed);
    candle.from = row_.ms("start");
    candle.to =
        plus(row_.ms("end"), Duration::ms(1), "end");  // sent as the last millisecond inside
    candle.open = row_.fixed<Price>("open");
    candle.high = row_.fixed<Price>("high");
    candle.low = row_.fixed<Price>("low");
    candle.close = row_.fixed<Price>("close");
    candle.volume = row_.maybe_double("volume");
    candle.closed = row_.maybe_bool("confirm").value_or(false);
    if (fields_.ok() && candle.to <= candle.from)
      fields_.fail(Fault::malformed, "not after start", "end");
  });
  return Ending::read;
}

}  // namespace bybit

Result<std::unique_ptr<codec::Decoder>> make_bybit_decoder(const codec::StreamSettings& settings,
                                                           Instruments& instruments,
                                                           SourceId source) {
  std::optional<BybitCategory> category;
  if (const auto found = settings.find("category");
      found != settings.end() && !found->second.empty()) {
    category = read_bybit_category(found->second);
    if (!category)
      return Error{Fault::refused,
                   "category \"" + found->second + "\": want spot, linear, inverse or option"};
  }
  return codec::make_message_loop<bybit::BybitReader>(source, settings, category, instruments);
}

}  // namespace delever::venues
