// Events of Binance's streams. Each is read in one pass over its fields_, whatever their order; "T"
// is the time of the matching engine and "E" the time of sending, and the first is taken where
// there is one.
#include <optional>

#include "codec/channels.h"
#include "venues/binance/reader.h"

namespace delever::venues::binance {
namespace {

// "btcusdt@depth20@100ms" -> 20; nullopt for a diff stream and for no name at all.
std::optional<uint32_t> partial_depth(std::string_view stream) {
  constexpr std::string_view mark = "@depth";
  const size_t at = stream.find(mark);
  if (at == stream.npos) return std::nullopt;
  std::string_view rest = stream.substr(at + mark.size());
  rest = rest.substr(0, rest.find('@'));
  const auto depth = read_int(rest);
  if (!depth || *depth <= 0 || *depth > 5000) return std::nullopt;
  return static_cast<uint32_t>(*depth);
}

// An empty side of an option's market is sent as price 0.
template <class T>
std::optional<T> unless_zero(std::optional<T> value) {
  return value && *value != T() ? value : std::nullopt;
}
// Volatilities that could not be computed are sent as 0 or -1.
std::optional<double> if_positive(std::optional<double> value) {
  return value && *value > 0 ? value : std::nullopt;
}

constexpr uint64_t k(std::string_view key) { return codec::key_code(key); }

}  // namespace

Ending BinanceReader::read_trade(codec::JsonObject& object, bool aggregated, bool off_book) {
  std::string_view symbol, id, role;
  std::optional<Price> price;
  std::optional<WideQty> qty;
  std::optional<Side> side;
  std::optional<Instant> at;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("s"):
        symbol = fields_.text(value, "s");
        break;
      case k("a"):
        if (aggregated) id = fields_.text(value, "a");
        break;  // elsewhere the seller's order
      case k("t"):
        if (!aggregated) id = fields_.text(value, "t");
        break;
      case k("p"):
        price = fields_.fixed<Price>(value, "p");
        break;
      case k("q"):
        qty = fields_.fixed<WideQty>(value, "q");
        break;
      case k("T"):
        at = fields_.ms(value, "T");
        break;
      case k("m"):
        side = fields_.boolean(value, "m") ? Side::sell : Side::buy;
        break;
      case k("X"):
        role = fields_.text(value, "X");
        break;
      case k("S"):  // options: BUY, SELL; before December 2025 "1", "-1"
        if (const std::string_view text = fields_.text(value, "S"); text == "BUY" || text == "1") {
          side = Side::buy;
        } else if (text == "SELL" || text == "-1") {
          side = Side::sell;
        } else {
          fields_.fail(Fault::malformed, "neither BUY nor SELL", "S");
        }
        break;
      default:
        break;
    }
  });
  fields_.require(!symbol.empty(), "s");
  fields_.require(price.has_value(), "p");
  fields_.require(qty.has_value(), "q");
  fields_.require(at.has_value(), "T");
  fields_.require(side.has_value(), "m");
  if (!fields_.ok()) return Ending::read;
  // Transfers to the insurance fund and by auto-deleveraging are not trades of the market, and
  // their prices are far from it (85 for a coin at 50); aggTrade and peers leave them out too.
  const bool block = off_book || role == "BLOCK";
  if (!role.empty() && role != "MARKET" && !block) return skip("trade outside the market");
  Trade& trade = stage_.add<Trade>(instrument(symbol), *at);
  trade.price = *price;
  trade.qty = *qty;
  trade.taker_side = *side;
  trade.id.assign(id);
  trade.aggregated = aggregated;
  trade.block = block;
  return Ending::read;
}

Ending BinanceReader::read_depth(codec::JsonObject& object, std::string_view stream,
                                 bool always_partial) {
  if (stream.find("@rpiDepth") != stream.npos)
    return skip("rpiDepth");  // holds quotes that the book does not
  const std::optional<uint32_t> depth = partial_depth(stream);
  DepthFields f;
  const auto read_into = [&](auto& book) {
    bool has_bids = false, has_asks = false;
    codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
      switch (key) {
        case k("s"):
          f.symbol = fields_.text(value, "s");
          break;
        case k("T"):
          f.engine = fields_.ms(value, "T");
          break;
        case k("E"):
          f.sent = fields_.ms(value, "E");
          break;
        case k("U"):
          f.first = fields_.count(value, "U");
          break;
        case k("u"):
          f.last = fields_.count(value, "u");
          break;
        case k("pu"):
          f.previous = fields_.count(value, "pu");
          break;
        case k("b"):
          read_levels(value, book.bids, "b");
          has_bids = true;
          break;
        case k("a"):
          read_levels(value, book.asks, "a");
          has_asks = true;
          break;
        default:
          break;
      }
    });
    fields_.require(!f.symbol.empty(), "s");
    fields_.require(f.last.has_value(), "u");
    fields_.require(has_bids, "b");
    fields_.require(has_asks, "a");
    if (fields_.ok()) book.sequence = {.first = f.first, .last = *f.last, .previous = f.previous};
  };
  if (depth || always_partial) {
    BookSnapshot& book = stage_.add<BookSnapshot>(0, {});
    book.depth = depth;
    read_into(book);
  } else {
    read_into(stage_.add<BookDelta>(0, {}));
  }
  if (fields_.ok()) finish_depth(f);
  return Ending::read;
}

void BinanceReader::finish_depth(const DepthFields& f) {
  const InstrumentId id = instrument(f.symbol);
  stage_.last().instrument = id;
  stage_.last().at = f.engine ? *f.engine : f.sent.value_or(received_);
  if (!only_depth_) only_depth_ = id;
  many_depths_ |= *only_depth_ != id;
}

// Depth updates are nine tenths of the bytes of a busy tape, and all of them are written alike: no
// blanks, no escapes, whole numbers, levels in quotes. Such a text is read here without an index of
// its tokens (on depth messages 40 ms with one, 25 ms without). Anything else, and any error, is
// left to read_depth: false, and nothing is staged.
bool BinanceReader::read_plain_depth(std::string_view text, std::string_view stream) {
  constexpr std::string_view opening = R"({"e":"depthUpdate")";
  // No loop below steps over a '}', so the last one keeps them all inside the message.
  if (text.data()[6] != 'd' || !text.starts_with(opening) || !text.ends_with('}')) return false;
  if (partial_depth(stream) || stream.find("@rpiDepth") != stream.npos) return false;
  DepthFields f;
  BookDelta& book = stage_.add<BookDelta>(0, {});
  bool has_bids = false, has_asks = false;
  const char* p = text.data() + opening.size();
  const auto read = [&] {
    for (; *p != '}';) {
      if (p[0] != ',' || p[1] != '"') return false;
      const uint64_t key = codec::key_code_at(p + 2);
      for (p += 2; *p != '"'; ++p) {
        if (*p < 'A' || *p > 'z' || *p == '\\') return false;
      }
      if (*++p != ':') return false;
      ++p;
      if (*p == '[') {
        if (key != k("b") && key != k("a")) return false;
        (key == k("b") ? has_bids : has_asks) = true;
        p = scan_levels(p, key == k("b") ? book.bids : book.asks);
        if (!p) return false;
      } else if (*p == '"') {
        const char* const begin = ++p;
        while ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || *p == '_' || *p == '-') ++p;
        if (*p != '"') return false;
        if (key == k("s")) {
          f.symbol = {begin, static_cast<size_t>(p - begin)};
        } else if (key != k("ps")) {
          return false;
        }
        ++p;
      } else {
        const codec::ScannedWhole number = codec::scan_whole(p);
        if (!number.end) return false;
        const auto count = static_cast<uint64_t>(number.value);
        switch (key) {
          case k("T"):
            f.engine = fields_.from_ms(number.value, "T");
            break;
          case k("E"):
            f.sent = fields_.from_ms(number.value, "E");
            break;
          case k("U"):
            f.first = count;
            break;
          case k("u"):
            f.last = count;
            break;
          case k("pu"):
            f.previous = count;
            break;
          default:
            break;
        }
        p = number.end;
      }
    }
    return p + 1 == text.data() + text.size() && !f.symbol.empty() && f.last && has_bids &&
           has_asks && fields_.ok();
  };
  if (!read()) {
    stage_.clear();
    fields_.reset();
    return false;
  }
  book.sequence = {.first = f.first, .last = *f.last, .previous = f.previous};
  finish_depth(f);
  return true;
}

Ending BinanceReader::read_book_ticker(codec::JsonObject& object) {
  std::string_view symbol;
  Quote quote;
  std::optional<Instant> engine, sent;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("s"):
        symbol = fields_.text(value, "s");
        break;
      case k("u"):
        quote.update_id = fields_.count(value, "u");
        break;
      case k("b"):
        quote.bid_price = fields_.fixed<Price>(value, "b");
        break;
      case k("B"):
        quote.bid_qty = fields_.fixed<WideQty>(value, "B");
        break;
      case k("a"):
        quote.ask_price = fields_.fixed<Price>(value, "a");
        break;
      case k("A"):
        quote.ask_qty = fields_.fixed<WideQty>(value, "A");
        break;
      case k("T"):
        engine = fields_.ms(value, "T");
        break;
      case k("E"):
        sent = fields_.ms(value, "E");
        break;
      default:
        break;
    }
  });
  fields_.require(!symbol.empty(), "s");
  fields_.require(quote.bid_price && quote.bid_qty, "b");
  fields_.require(quote.ask_price && quote.ask_qty, "a");
  if (!fields_.ok()) return Ending::read;
  stage_.add<Quote>(instrument(symbol), engine ? *engine : sent.value_or(received_)) = quote;
  return Ending::read;
}

// "S" is the side of the order: a sale closes a long. Peers differ on the price (p or ap) and the
// size (q, l or z): all four are kept, and l, the last fill alone, is not.
Ending BinanceReader::read_force_order(codec::JsonObject& object) {
  std::optional<Instant> at;
  std::string_view symbol, side;
  Liquidation found{.feed = LiquidationFeed::latest_per_second};
  bool has_order = false;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    if (key != k("o")) return;
    codec::JsonObject order;
    if (value.get_object().get(order) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "not an object", "o");
    has_order = true;
    codec::each_field(order, fields_, [&](uint64_t inner, codec::JsonValue& v) {
      switch (inner) {
        case k("s"):
          symbol = fields_.text(v, "o.s");
          break;
        case k("S"):
          side = fields_.text(v, "o.S");
          break;
        case k("p"):
          found.order_price = fields_.fixed<Price>(v, "o.p");
          break;
        case k("ap"):
          found.average_price = fields_.fixed<Price>(v, "o.ap", Precision::nearest);
          break;
        case k("q"):
          found.order_qty = fields_.fixed<WideQty>(v, "o.q");
          break;
        case k("z"):
          found.filled_qty = fields_.fixed<WideQty>(v, "o.z");
          break;
        case k("T"):
          at = fields_.ms(v, "o.T");
          break;
        default:
          break;
      }
    });
  });
  fields_.require(has_order, "o");
  fields_.require(!symbol.empty(), "o.s");
  fields_.require(side == "SELL" || side == "BUY", "o.S");
  fields_.require(at.has_value(), "o.T");
  fields_.require(found.price() && found.qty(), "o.p");
  if (!fields_.ok()) return Ending::read;
  found.position_side = side == "SELL" ? PositionSide::long_side : PositionSide::short_side;
  if (found.average_price == Price()) found.average_price.reset();  // nothing was filled
  stage_.add<Liquidation>(instrument(symbol), *at) = std::move(found);
  return Ending::read;
}

// "T" is the end of the funding period. At the boundary the frame stamped exactly E == T still
// shows the period that ends; the new one shows a second later (seen on three contracts,
// 2026-09-30).
Ending BinanceReader::read_mark_price(codec::JsonObject& object) {
  std::string_view symbol;
  std::optional<Price> mark, index_price;
  std::optional<Rate> rate;
  std::optional<Instant> at;
  int64_t settles = 0;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("s"):
        symbol = fields_.text(value, "s");
        break;
      case k("E"):
        at = fields_.ms(value, "E");
        break;
      case k("p"):
        mark = fields_.fixed<Price>(value, "p", Precision::nearest);
        break;
      case k("i"):
        index_price = fields_.maybe<Price>(value, "i", Precision::nearest);
        break;
      case k("r"):
        rate = fields_.maybe<Rate>(value, "r", Precision::nearest);
        break;
      case k("T"):
        settles = fields_.integer(value, "T");
        break;
      default:
        break;
    }
  });
  fields_.require(!symbol.empty(), "s");
  fields_.require(at.has_value(), "E");
  fields_.require(mark.has_value(), "p");
  const Instant settles_at = fields_.from_ms(settles, "T");
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol);
  stage_.add<MarkPrice>(id, *at).price = *mark;
  // Contracts whose index is calculated no more (delisted, delivered) send 0 for it beside a
  // settlement time of 0. While funding is paid there is an index, and 0 is a bad row.
  if (index_price && (*index_price != Price() || settles != 0))
    stage_.add<IndexPrice>(id, *at).price = *index_price;
  if (rate && settles != 0) {  // delivery contracts send r "" or 0 with T 0: no funding
    FundingRate& funding = stage_.add<FundingRate>(id, *at);
    funding.rate = *rate;
    funding.settles_at = settles_at;
  }
  return Ending::read;
}

Ending BinanceReader::read_index_price(codec::JsonObject& object, std::string_view pair_key) {
  const std::string_view pair = fields_.text(object, pair_key);
  const Price price = fields_.fixed<Price>(object, "p", Precision::nearest);
  const Instant at = fields_.ms(object, "E");
  if (fields_.ok()) stage_.add<IndexPrice>(index(pair), at).price = price;
  return Ending::read;
}

Ending BinanceReader::read_kline(codec::JsonObject& object, PriceKind kind) {
  const Instant at = fields_.ms(object, "E");
  const std::string_view pair = fields_.maybe_text(object, "ps").value_or("");
  const std::string_view contract_type = fields_.maybe_text(object, "ct").value_or("");
  codec::JsonObject bar;
  fields_.require(fields_.find(object, "k", bar), "k");
  if (!fields_.ok()) return Ending::read;
  std::optional<InstrumentId> id;
  if (kind == PriceKind::index) {
    if (pair.empty()) return fields_.fail(Fault::malformed, "missing", "ps"), Ending::read;
    id = index(pair);
  } else if (!contract_type.empty()) {
    id = contract_of(pair, contract_type);
    if (!id) return skip("continuous_kline of a delivery contract without a name");
  } else {
    const std::string_view symbol = fields_.text(bar, "s");
    if (fields_.ok()) id = instrument(symbol);
  }
  if (!fields_.ok()) return Ending::read;
  Candle candle{.price_kind = kind};
  candle.from = fields_.ms(bar, "t");
  candle.to = behind(fields_.ms(bar, "T"));
  candle.open = fields_.fixed<Price>(bar, "o", Precision::nearest);
  candle.high = fields_.fixed<Price>(bar, "h", Precision::nearest);
  candle.low = fields_.fixed<Price>(bar, "l", Precision::nearest);
  candle.close = fields_.fixed<Price>(bar, "c", Precision::nearest);
  if (kind == PriceKind::trade) candle.volume = fields_.maybe_double(bar, "v");
  candle.closed = fields_.maybe_bool(bar, "x").value_or(false);
  if (fields_.ok()) stage_.add<Candle>(*id, at) = candle;
  return Ending::read;
}

Ending BinanceReader::read_option_ticker(codec::JsonObject& object) {
  OptionQuote q;
  const std::string_view symbol = fields_.text(object, "s");
  const Instant at = fields_.ms(object, "E");
  q.bid_price = unless_zero(fields_.maybe<Price>(object, "bo"));
  q.ask_price = unless_zero(fields_.maybe<Price>(object, "ao"));
  q.mark_price = fields_.maybe<Price>(object, "mp", Precision::nearest);
  q.last_price = unless_zero(fields_.maybe<Price>(object, "c"));
  q.bid_qty = fields_.maybe<WideQty>(object, "bq");
  q.ask_qty = fields_.maybe<WideQty>(object, "aq");
  if (q.mark_price) {  // without it b and a would be something else: the second version has no
                       // volatilities here
    q.bid_iv = if_positive(fields_.maybe_double(object, "b"));
    q.ask_iv = if_positive(fields_.maybe_double(object, "a"));
    q.mark_iv = if_positive(fields_.maybe_double(object, "vo"));
    q.greeks = {.delta = fields_.maybe_double(object, "d"),
                .gamma = fields_.maybe_double(object, "g"),
                .vega = fields_.maybe_double(object, "v"),
                .theta = fields_.maybe_double(object, "t")};
    q.volume_24h = fields_.maybe_double(object, "V");
  } else {
    q.volume_24h = fields_.maybe_double(object, "v");
  }
  if (!q.bid_price) q.bid_qty.reset();
  if (!q.ask_price) q.ask_qty.reset();
  if (fields_.ok()) stage_.add<OptionQuote>(instrument(symbol), at) = std::move(q);
  return Ending::read;
}

// Before December 2025 the mark alone; since then the whole quote, under "<pair>@optionMarkPrice".
Ending BinanceReader::read_option_mark(codec::JsonObject& object, std::string_view stream) {
  const std::string_view symbol = fields_.text(object, "s");
  const Price mark = fields_.fixed<Price>(object, "mp", Precision::nearest);
  const Instant at = fields_.ms(object, "E");
  const std::optional<double> underlying = fields_.maybe_double(object, "i");
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol);
  if (!underlying) {
    stage_.add<MarkPrice>(id, at).price = mark;
    return Ending::read;
  }
  OptionQuote q;
  q.mark_price = mark;
  q.bid_price = unless_zero(fields_.maybe<Price>(object, "bo"));
  q.ask_price = unless_zero(fields_.maybe<Price>(object, "ao"));
  if (q.bid_price) q.bid_qty = fields_.maybe<WideQty>(object, "bq");
  if (q.ask_price) q.ask_qty = fields_.maybe<WideQty>(object, "aq");
  q.bid_iv = if_positive(fields_.maybe_double(object, "b"));
  q.ask_iv = if_positive(fields_.maybe_double(object, "a"));
  q.mark_iv = if_positive(fields_.maybe_double(object, "vo"));
  q.underlying_price = if_positive(underlying);
  q.interest_rate = fields_.maybe_double(object, "rf");
  q.greeks = {.delta = fields_.maybe_double(object, "d"),
              .gamma = fields_.maybe_double(object, "g"),
              .vega = fields_.maybe_double(object, "v"),
              .theta = fields_.maybe_double(object, "t")};
  const std::string pair = upper(stream.substr(0, stream.find('@')));
  q.underlying = pair.empty() ? instruments_[id].base + instruments_[id].quote : pair;
  if (fields_.ok()) stage_.add<OptionQuote>(id, at) = std::move(q);
  return Ending::read;
}

Ending BinanceReader::read_option_open_interest(codec::JsonObject& object) {
  const std::string_view symbol = fields_.text(object, "s");
  const Instant at = fields_.ms(object, "E");
  const WideQty contracts = fields_.fixed<WideQty>(object, "o");
  std::optional<double> value = fields_.maybe_double(object, "h");
  if (value == 0 && contracts != WideQty()) value.reset();  // the first version always sent 0.0
  if (fields_.ok())
    stage_.add<OpenInterest>(instrument(symbol), at) = {.contracts = contracts, .value_usd = value};
  return Ending::read;
}

Ending BinanceReader::read_contract_info(codec::JsonObject& object) {
  const std::string_view symbol = fields_.text(object, "s");
  const Instant at = fields_.ms(object, "E");
  const std::string_view status = fields_.maybe_text(object, "cs").value_or("");
  if (fields_.ok()) stage_.add<InstrumentListed>(instrument(symbol), at).status = status;
  return Ending::read;
}

// A new option: {"s":"BTC-261225-140000-C","ps":"BTCUSDT","qa":"USDT","d":"CALL","sp":"140000",
// "dt":1798185600000,"u":1,"cs":"TRADING"}; u is the size of a contract in base coins.
Ending BinanceReader::read_option_symbol(codec::JsonObject& object) {
  Instrument listing = binance_instrument(market_, fields_.text(object, "s"));
  const Instant at = fields_.ms(object, "E");
  if (const auto quote = fields_.maybe_text(object, "qa"); quote && !quote->empty())
    listing.quote = listing.settle = *quote;
  if (const auto size = fields_.maybe<Qty>(object, "u")) listing.contract_size = size;
  if (const auto strike = fields_.maybe<Price>(object, "sp")) listing.strike = strike;
  if (const auto expiry = fields_.maybe_ms(object, "dt")) listing.expiry = expiry;
  const std::string_view side = fields_.maybe_text(object, "d").value_or("");
  if (side == "CALL" || side == "PUT")
    listing.option_type = side == "CALL" ? OptionType::call : OptionType::put;
  const std::string_view status = fields_.maybe_text(object, "cs").value_or("");
  list(std::move(listing), at, status);
  return Ending::read;
}

Ending BinanceReader::read_stream(codec::JsonObject& object, std::string_view type,
                                  std::string_view stream) {
  const bool option = market_ == BinanceMarket::eoptions;
  channel_ = type;
  if (type == "aggTrade") return read_trade(object, true);
  if (type == "depthUpdate") return read_depth(object, stream, false);
  if (type == "trade") return read_trade(object, false);
  if (type == "blockTrade") return read_trade(object, false, true);
  if (type == "bookTicker") return read_book_ticker(object);
  if (type == "forceOrder") return read_force_order(object);
  if (type == "markPriceUpdate") return read_mark_price(object);
  if (type == "indexPriceUpdate") return read_index_price(object, "i");
  if (type == "kline") return read_kline(object, PriceKind::trade);
  if (type == "continuous_kline") return read_kline(object, PriceKind::trade);
  if (type == "markPrice_kline") return read_kline(object, PriceKind::mark);
  if (type == "indexPrice_kline") return read_kline(object, PriceKind::index);
  if (type == "contractInfo") return read_contract_info(object);
  if (option && type == "optionSymbol") return read_option_symbol(object);
  if (option && type == "depth") return read_depth(object, stream, true);
  if (option && type == "24hrTicker") return read_option_ticker(object);
  if (option && type == "markPrice") return read_option_mark(object, stream);
  if (option && type == "openInterest") return read_option_open_interest(object);
  if (option && (type == "index" || type == "indexPrice")) return read_index_price(object, "s");
  // Known, and nothing of ours in them: summaries of what other channels say in full, and a user's
  // own affairs.
  constexpr std::string_view known[] = {"24hrTicker",
                                        "24hrMiniTicker",
                                        "1hTicker",
                                        "4hTicker",
                                        "1dTicker",
                                        "avgPrice",
                                        "compositeIndex",
                                        "referencePrice",
                                        "assetIndexUpdate",
                                        "tradingSession",
                                        "OPTION_PAIR",
                                        "ORDER_TRADE_UPDATE",
                                        "ACCOUNT_UPDATE",
                                        "ALGO_UPDATE",
                                        "TRADE_LITE",
                                        "MARGIN_CALL",
                                        "ACCOUNT_CONFIG_UPDATE",
                                        "STRATEGY_UPDATE",
                                        "GRID_UPDATE",
                                        "CONDITIONAL_ORDER_TRIGGER_REJECT",
                                        "BALANCE_POSITION_UPDATE",
                                        "GREEK_UPDATE",
                                        "RISK_LEVEL_CHANGE",
                                        "executionReport",
                                        "outboundAccountPosition",
                                        "balanceUpdate",
                                        "listStatus",
                                        "externalLockUpdate"};
  for (const std::string_view name : known) {
    if (type == name) return Ending::no_event;
  }
  if (type == "listenKeyExpired" || type == "eventStreamTerminated" || type == "serverShutdown")
    return Ending::control;
  return Ending::unknown;
}

}  // namespace delever::venues::binance
