// Channels of Hyperliquid's WebSocket to events.
#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "codec/bad_row.h"
#include "venues/hyperliquid/inflate.h"
#include "venues/hyperliquid/reader.h"

namespace delever::venues::hyperliquid {
namespace {

constexpr uint64_t k(std::string_view key) { return codec::key_code(key); }

constexpr Duration kFundingInterval = Duration::hours(1);  // docs/trading/funding: paid every hour
constexpr uint32_t kBookDepth = 20, kFastBookDepth = 5;

// Known, and nothing of ours in them.
constexpr std::string_view kSilent[] = {"allMids",
                                        "notification",
                                        "webData2",
                                        "webData3",
                                        "orderUpdates",
                                        "userFundings",
                                        "userNonFundingLedgerUpdates",
                                        "activeAssetData",
                                        "userTwapSliceFills",
                                        "userTwapHistory",
                                        "clearinghouseState",
                                        "allDexsClearinghouseState",
                                        "openOrders",
                                        "twapStates",
                                        "spotState",
                                        "userHistoricalOrders",
                                        "outcomeMetaUpdates",
                                        "explorerBlock",
                                        "explorerTxs"};

Side read_side(codec::FieldReader& fields,
               std::string_view text) {  // of the taker: A hits the bid, B lifts the ask
  if (text != "A" && text != "B") fields.fail(Fault::malformed, "neither A nor B", "side");
  return text == "A" ? Side::sell : Side::buy;
}

}  // namespace

bool SeenTrades::add(int64_t time, int64_t id) {
  const std::pair key{time, id};
  // A reconnection sends the last trades again. From the newest back, and only where the time is
  // not new: most trades are not looked up at all.
  if (time <= newest_ && std::find(ring_.rbegin(), ring_.rend(), key) != ring_.rend()) return false;
  newest_ = std::max(newest_, time);
  ring_.push_back(key);
  if (ring_.size() > kKept) ring_.pop_front();
  return true;
}

Ending HyperliquidReader::read_channel(std::string_view channel, codec::JsonValue& data) {
  channel_ = channel;
  codec::JsonObject object;
  codec::JsonArray list;
  const auto is_object = [&] {
    if (data.get_object().get(object) == simdjson::SUCCESS) return true;
    fields_.fail(Fault::malformed, "not an object", "data");
    return false;
  };
  if (channel == "l2Book" || channel == "fastBook") {
    if (is_object()) read_book(object);
  } else if (channel == "trades") {
    if (data.get_array().get(list) != simdjson::SUCCESS) {
      fields_.fail(Fault::malformed, "not a list", "data");
    } else {
      codec::each_object(list, fields_, "data",
                         [&](codec::JsonObject& trade) { read_trade(trade); });
      if (copies_ > 0) return skip("trades seen before");
    }
  } else if (channel == "bbo") {
    if (is_object()) read_bbo(object);
  } else if (channel == "activeAssetCtx" || channel == "activeSpotAssetCtx") {
    if (is_object()) read_asset_context(object);
  } else if (channel == "allDexsAssetCtxs") {
    if (is_object()) read_all_contexts(object);
  } else if (channel == "candle") {
    if (*data.raw_json_token().data() == '[' && data.get_array().get(list) == simdjson::SUCCESS) {
      codec::each_object(list, fields_, "data",
                         [&](codec::JsonObject& candle) { read_candle(candle); });
    } else if (is_object()) {
      read_candle(object);
    }
  } else if (channel == "userFills" || channel == "user" || channel == "userEvents") {
    if (!is_object()) return Ending::read;
    const std::string_view user = fields_.maybe_text(object, "user").value_or("");
    if (fields_.find(object, "fills", list))
      codec::each_object(list, fields_, "fills",
                         [&](codec::JsonObject& fill) { read_fill(fill, user); });
  } else if (channel == "assetCtxs") {
    if (is_object()) read_dex_contexts(object);
  } else if (channel == "spotAssetCtxs") {
    if (data.get_array().get(list) != simdjson::SUCCESS)
      fields_.fail(Fault::malformed, "not a list", "data");
    else
      read_contexts(list, {});
  } else if (channel == "fastAssetCtxs") {
    read_fast_contexts(fields_.text(data, "data"));
  } else if (channel == "error") {
    const std::string_view why = fields_.text(data, "data");
    return why.starts_with("Already subscribed") ? Ending::control : refuse(why);
  } else if (channel == "subscriptionResponse" || channel == "pong") {
    return Ending::control;
  } else if (std::find(std::begin(kSilent), std::end(kSilent), channel) != std::end(kSilent)) {
    return Ending::no_event;
  } else {
    return Ending::unknown;
  }
  return Ending::read;
}

Level HyperliquidReader::read_level(codec::JsonObject& object) {
  Level level;
  bool has_price = false, has_qty = false;
  const auto number = [&](codec::JsonValue& value, int scale, uint8_t& digits,
                          std::string_view key) -> int64_t {
    codec::JsonKey raw;
    if (value.get_raw_json_string().get(raw) == simdjson::SUCCESS) {
      const codec::ScannedDecimal scanned = codec::scan_decimal(raw.raw(), scale);
      if (scanned.end && *scanned.end == '"') {
        digits = scanned.digits;
        return scanned.units;
      }
    }
    const std::string_view text = fields_.text(value, key);
    if (!fields_.ok()) return 0;
    auto read = read_decimal(text, scale, Precision::exact);
    if (!read.has_value()) return fields_.fail(read.error().fault, read.error().what, key), 0;
    digits = read.value().digits;
    return read.value().units;
  };
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    if (key == k("px")) {
      level.price = Price::raw(number(value, Price::digits, level.price_digits, "px"));
      has_price = true;
    } else if (key == k("sz")) {
      codec::JsonKey raw;
      const codec::ScannedDecimal scanned =
          value.get_raw_json_string().get(raw) == simdjson::SUCCESS
              ? codec::scan_decimal(raw.raw(), WideQty::digits)
              : codec::ScannedDecimal();
      if (scanned.end && *scanned.end == '"') {
        level.qty = WideQty::raw(scanned.units);
        level.qty_digits = scanned.digits;
      } else if (const auto text = fields_.text(value, "sz"); fields_.ok()) {
        read_quantity(text, level, "sz");
      }
      has_qty = true;
    }
  });
  fields_.require(has_price, "px");
  fields_.require(has_qty, "sz");
  if (fields_.ok() && level.price <= Price()) fields_.fail(Fault::malformed, "not positive", "px");
  if (level.qty < WideQty()) fields_.fail(Fault::malformed, "negative", "sz");
  return level;
}

void HyperliquidReader::read_levels(codec::JsonValue& value, std::vector<Level>& out) {
  codec::JsonArray rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS)
    return fields_.fail(Fault::malformed, "not a list", "levels");
  codec::each_object(rows, fields_, "levels",
                     [&](codec::JsonObject& level) { out.push_back(read_level(level)); });
}

// Every message is the whole book as far as it is shown.
void HyperliquidReader::read_book(codec::JsonObject& object) {
  std::string_view coin;
  std::optional<Instant> at;
  size_t sides = 0;
  BookSnapshot& book = stage_.add<BookSnapshot>(0, {});
  book.depth = channel_ == "fastBook" ? kFastBookDepth : kBookDepth;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("coin"):
        coin = fields_.text(value, "coin");
        break;
      case k("time"):
        at = fields_.ms(value, "time");
        break;
      case k("fast"):
        if (fields_.boolean(value, "fast")) book.depth = kFastBookDepth;
        break;
      case k("levels"): {
        codec::JsonArray both;
        if (value.get_array().get(both) != simdjson::SUCCESS)
          return fields_.fail(Fault::malformed, "not a list", "levels");
        for (auto entry : both) {
          codec::JsonValue side;
          if (entry.get(side) != simdjson::SUCCESS)
            return fields_.fail(Fault::malformed, "broken JSON", "levels");
          if (sides < 2) read_levels(side, sides == 0 ? book.bids : book.asks);
          if (!fields_.ok()) return;
          ++sides;
        }
        break;
      }
      default:
        break;
    }
  });
  fields_.require(!coin.empty(), "coin");
  fields_.require(at.has_value(), "time");
  if (sides != 2) fields_.fail(Fault::malformed, "not two sides", "levels");
  if (!fields_.ok()) return;
  stage_.last().instrument = instrument(coin);
  stage_.last().at = *at;
}

// "bbo":[bid,ask], null for an empty side; a trailing one may be left away.
void HyperliquidReader::read_bbo(codec::JsonObject& object) {
  std::string_view coin;
  std::optional<Instant> at;
  Quote quote;
  bool has_levels = false;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    if (key == k("coin")) coin = fields_.text(value, "coin");
    if (key == k("time")) at = fields_.ms(value, "time");
    if (key != k("bbo")) return;
    has_levels = true;
    codec::JsonArray both;
    if (value.get_array().get(both) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "not a list", "bbo");
    size_t side = 0;
    for (auto entry : both) {
      codec::JsonValue cell;
      codec::JsonObject level;
      if (entry.get(cell) != simdjson::SUCCESS)
        return fields_.fail(Fault::malformed, "broken JSON", "bbo");
      if (*cell.raw_json_token().data() != 'n') {
        if (cell.get_object().get(level) != simdjson::SUCCESS)
          return fields_.fail(Fault::malformed, "not an object", "bbo");
        const Level read = read_level(level);
        (side == 0 ? quote.bid_price : quote.ask_price) = read.price;
        (side == 0 ? quote.bid_qty : quote.ask_qty) = read.qty;
      }
      if (++side > 2 || !fields_.ok())
        return fields_.fail(Fault::malformed, "more than two sides", "bbo");
    }
  });
  fields_.require(!coin.empty(), "coin");
  fields_.require(at.has_value(), "time");
  fields_.require(has_levels, "bbo");
  if (fields_.ok()) stage_.add<Quote>(instrument(coin), *at) = quote;
}

void HyperliquidReader::read_trade(codec::JsonObject& object) {
  std::string_view coin, side, id;
  std::optional<Price> price;
  std::optional<WideQty> qty;
  std::optional<Instant> at;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("coin"):
        coin = fields_.text(value, "coin");
        break;
      case k("side"):
        side = fields_.text(value, "side");
        break;
      case k("px"):
        price = fields_.fixed<Price>(value, "px");
        break;
      case k("sz"):
        qty = fields_.fixed<WideQty>(value, "sz");
        break;
      case k("time"):
        at = fields_.ms(value, "time");
        break;
      case k("tid"):
        id = fields_.text(value, "tid");
        break;
      default:
        break;
    }
  });
  fields_.require(!coin.empty(), "coin");
  fields_.require(price.has_value(), "px");
  fields_.require(qty.has_value(), "sz");
  fields_.require(at.has_value(), "time");
  fields_.require(!side.empty(), "side");
  const Side taker = read_side(fields_, side);
  const auto number = read_int(id);
  if (!number) fields_.fail(Fault::malformed, "not a whole number", "tid");
  if (!fields_.ok()) return;
  const InstrumentId of = instrument(coin);
  if (*number != 0) {  // 0: not a fill of two orders
    if (!seen_[of].add(at->ns(), *number)) {
      ++copies_;
      return;
    }
    seen_now_.push_back(of);
  }
  Trade& trade = stage_.add<Trade>(of, *at);
  trade.price = *price;
  trade.qty = *qty;
  trade.taker_side = taker;
  trade.id.assign(id);
}

void HyperliquidReader::read_asset_context(codec::JsonObject& data) {
  const std::string_view coin = fields_.text(data, "coin");
  codec::JsonObject context;
  fields_.require(fields_.find(data, "ctx", context), "ctx");
  fields_.require(!coin.empty(), "coin");
  if (fields_.ok()) read_context(context, instrument(coin));
}

Context HyperliquidReader::context_of(codec::JsonObject& context, bool changes) {
  Context out;
  codec::each_key(context, fields_, [&](codec::JsonKey key, codec::JsonValue& value) {
    switch (codec::key_code(key)) {
      case k("funding"):
        out.funding = fields_.maybe<Rate>(value, "funding", Precision::nearest);
        break;
      case k("markPx"):
        out.mark = fields_.maybe<Price>(value, "markPx", Precision::nearest);
        break;
      case 0:
        if (codec::is_key(key, "openInterest")) {
          out.contracts = fields_.maybe<WideQty>(value, "openInterest", Precision::nearest);
        } else if (codec::is_key(key, "oraclePx")) {
          out.oracle = fields_.maybe<Price>(value, "oraclePx", Precision::nearest);
        }
        break;
      default:
        break;
    }
  });
  // A message of changes may hold any of the fields; a context has a price.
  if (!changes) fields_.require(out.mark.has_value() || out.oracle.has_value(), "markPx");
  return out;
}

// Open interest counts one side, in coins. Spot pairs have a mark price alone. `add(payload)`.
template <class Add>
static void each_payload(const Context& c, Add add) {
  if (c.mark) add(MarkPrice{*c.mark});
  if (c.oracle) add(IndexPrice{*c.oracle});
  if (c.funding)
    add(FundingRate{
        .rate = *c.funding, .kind = FundingKind::current, .interval = kFundingInterval});
  if (c.contracts) add(OpenInterest{.contracts = c.contracts, .coins = c.contracts->approx()});
}

void HyperliquidReader::read_context(codec::JsonObject& context, InstrumentId of, bool changes) {
  const Context read = context_of(context, changes);
  if (!fields_.ok()) return;
  each_payload(read, [&]<class Payload>(Payload payload) {
    stage_.add<Payload>(of, received_) = std::move(payload);
  });
}

// Told as of when they were received; known since now, behind the list that explains them. A
// context beyond the universe belongs to a coin listed since.
void HyperliquidReader::explain() {
  for (const std::string& dex : explained_) {
    const Names& universe = lists_->universes.at(dex);
    for (const HyperliquidLists::Waiting& one : lists_->waiting.at(dex)) {
      for (size_t i = 0; i < std::min(one.contexts.size(), universe.size()); ++i) {
        const InstrumentId of = instrument(universe[i]);
        each_payload(one.contexts[i], [&]<class Payload>(Payload payload) {
          const Event told{.instrument = of, .payload = payload};
          if (const auto why = bad_row(told, instruments_[of].kind); !why.empty())
            return report_part(Fault::malformed, std::string(why), payload_name(told.payload));
          stage_.add<Payload>(of, one.received) = std::move(payload);
        });
      }
      lists_->contexts_waiting -= one.contexts.size();
    }
    lists_->waiting.erase(dex);
  }
  explained_.clear();
}

// Until the meta comes. Of a stream that never has one the oldest go first.
void HyperliquidReader::keep_waiting(codec::JsonArray& contexts, std::string_view dex) {
  report_part(Fault::no_evidence, "names no coins, and no meta of its dex was seen before", "ctxs");
  std::vector<Context> read;
  codec::each_object(contexts, fields_, "ctxs", [&](codec::JsonObject& context) {
    read.push_back(context_of(context, false));
  });
  if (fields_.ok()) waiting_now_.emplace_back(dex, std::move(read));
}

// {"ctxs":[["",[...]],["xyz",[...]],...]}: dex, contexts in the order of its universe.
void HyperliquidReader::read_all_contexts(codec::JsonObject& data) {
  codec::JsonArray dexs;
  fields_.require(fields_.find(data, "ctxs", dexs), "ctxs");
  if (!fields_.ok()) return;
  for (auto entry : dexs) {
    codec::JsonArray pair;
    if (entry.get_array().get(pair) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "not a list", "ctxs");
    size_t column = 0;
    std::string_view dex;
    for (auto part : pair) {
      codec::JsonValue value;
      if (part.get(value) != simdjson::SUCCESS)
        return fields_.fail(Fault::malformed, "broken JSON", "ctxs");
      if (column == 0) {
        dex = fields_.text(value, "ctxs.dex");
        if (!fields_.ok()) return;
      } else if (column == 1) {
        codec::JsonArray contexts;
        if (value.get_array().get(contexts) != simdjson::SUCCESS)
          return fields_.fail(Fault::malformed, "not a list", "ctxs");
        read_contexts_of(contexts, dex);
        if (!fields_.ok()) return;
      }
      ++column;
    }
    if (column < 2) return fields_.fail(Fault::malformed, "not a pair of dex and contexts", "ctxs");
  }
}

// {"dex":"","ctxs":[...]}: of one dex, in the order of its universe.
void HyperliquidReader::read_dex_contexts(codec::JsonObject& data) {
  const std::string_view dex = fields_.text(data, "dex");
  codec::JsonArray contexts;
  fields_.require(fields_.find(data, "ctxs", contexts), "ctxs");
  if (fields_.ok()) read_contexts_of(contexts, dex);
}

void HyperliquidReader::read_contexts_of(codec::JsonArray& contexts, std::string_view dex) {
  const auto universe = lists_->universes.find(dex);
  if (universe == lists_->universes.end()) return keep_waiting(contexts, dex);
  read_contexts(contexts, universe->second);
}

// Base64 of raw DEFLATE of {"BTC":{"markPx":"97500.5",...},...}: first all coins, then what
// changed.
void HyperliquidReader::read_fast_contexts(std::string_view base64) {
  if (!fields_.ok()) return;
  // The text comes with the parser's padding behind it, hence the two sizes below.
  const auto text = inflate_base64(base64);
  if (!text) return fields_.fail(Fault::malformed, "not base64 of raw DEFLATE", "data");
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  codec::JsonObject coins;
  if (parser.iterate(text->data(), text->size() - codec::kPadding, text->size()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(coins) != simdjson::SUCCESS)
    return fields_.fail(Fault::malformed, "not JSON", "data");
  codec::each_key(coins, fields_, [&](codec::JsonKey coin, codec::JsonValue& value) {
    codec::JsonObject context;
    if (value.get_object().get(context) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "not an object", "data");
    read_context(context, instrument(key_text(coin)), true);
  });
}

void HyperliquidReader::read_candle(codec::JsonObject& object) {
  std::string_view coin;
  std::optional<Instant> from, last;
  std::optional<Price> open, high, low, close;
  std::optional<double> volume;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("s"):
        coin = fields_.text(value, "s");
        break;
      case k("t"):
        from = fields_.ms(value, "t");
        break;
      case k("T"):
        last = fields_.ms(value, "T");
        break;
      case k("o"):
        open = fields_.fixed<Price>(value, "o");
        break;
      case k("h"):
        high = fields_.fixed<Price>(value, "h");
        break;
      case k("l"):
        low = fields_.fixed<Price>(value, "l");
        break;
      case k("c"):
        close = fields_.fixed<Price>(value, "c");
        break;
      case k("v"):
        volume = fields_.maybe_double(value, "v");
        break;
      default:
        break;
    }
  });
  fields_.require(!coin.empty(), "s");
  fields_.require(from.has_value(), "t");
  fields_.require(last.has_value(), "T");
  fields_.require(open.has_value(), "o");
  fields_.require(high.has_value(), "h");
  fields_.require(low.has_value(), "l");
  fields_.require(close.has_value(), "c");
  if (!fields_.ok()) return;
  const Instant to = plus(*last, Duration::ms(1), "T");  // T is the last millisecond inside
  if (!fields_.ok()) return;
  const bool closed = received_ >= to;  // the messages do not say
  stage_.add<Candle>(instrument(coin), closed ? to : received_) = {.from = *from,
                                                                   .to = to,
                                                                   .open = *open,
                                                                   .high = *high,
                                                                   .low = *low,
                                                                   .close = *close,
                                                                   .volume = volume,
                                                                   .closed = closed};
}

// A fill of an account with "liquidation":{"liquidatedUser","markPx","method"}. The account may be
// the one liquidated (its side is the forced order's) or the one across (the forced order was on
// the other side). Where the message does not name its account, "dir" or being the maker tells;
// where nothing tells, there is no event.
void HyperliquidReader::read_fill(codec::JsonObject& fill, std::string_view user) {
  codec::JsonValue value;
  codec::JsonObject liquidation;
  if (!fields_.find(fill, "liquidation", value) || *value.raw_json_token().data() == 'n')
    return;  // absent, or null
  if (value.get_object().get(liquidation) != simdjson::SUCCESS)
    return fields_.fail(Fault::malformed, "not an object", "liquidation");
  const std::string_view liquidated =
      fields_.maybe_text(liquidation, "liquidatedUser").value_or("");
  const std::string_view coin = fields_.text(fill, "coin");
  const Price price = fields_.fixed<Price>(fill, "px");
  const WideQty qty = fields_.fixed<WideQty>(fill, "sz");
  const std::string_view side = fields_.text(fill, "side");
  const Instant at = fields_.ms(fill, "time");
  const std::string_view id = fields_.maybe_text(fill, "tid").value_or("");
  const std::string_view dir = fields_.maybe_text(fill, "dir").value_or("");
  const auto crossed = fields_.maybe_bool(fill, "crossed");
  const Side own_side = read_side(fields_, side);
  fields_.require(!coin.empty(), "coin");
  if (!fields_.ok()) return;
  std::optional<bool> is_own;
  if (!user.empty() && !liquidated.empty()) {
    is_own = lower(user) == lower(liquidated);
  } else if (dir.starts_with("Liquidated")) {
    is_own = true;
  } else if (crossed == false) {
    is_own = false;
  }
  if (!is_own) return;
  const bool sold = (own_side == Side::sell) == *is_own;  // what the forced order did
  Liquidation& found = stage_.add<Liquidation>(instrument(coin), at);
  found.position_side = sold ? PositionSide::long_side : PositionSide::short_side;
  found.average_price = price;
  found.filled_qty = qty;
  found.id.assign(id);
}

}  // namespace delever::venues::hyperliquid
