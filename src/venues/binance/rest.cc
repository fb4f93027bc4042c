// Binance's REST answers. What was asked is in the stream's settings; where it is not, the shape of
// the answer tells.
#include <algorithm>
#include <array>

#include "codec/channels.h"
#include "market/figure_names.h"
#include "venues/binance/reader.h"

namespace delever::venues::binance {
namespace {

// 2100-01-01. Perpetuals fill deliveryDate with days of that year: 4133404800000, 4133404802000.
constexpr int64_t kNoDelivery = 4'102'444'800'000;

struct Shape {
  std::string_view endpoint;
  std::array<std::string_view, 3> keys;  // all of them are there; empty: no further one
};

// First match counts. The second half carries no event of ours.
constexpr Shape kShapes[] = {
    {"ticker/24hr", {"weightedAvgPrice"}},
    {"depth", {"bids", "asks"}},
    {"premiumIndex", {"lastFundingRate", "markPrice"}},
    {"fundingRate", {"fundingRate", "fundingTime"}},
    {"fundingInfo", {"symbol", "fundingIntervalHours"}},
    {"openInterestHist", {"sumOpenInterest", "timestamp"}},
    {"openInterest", {"openInterest", "symbol"}},
    {"ticker/bookTicker", {"bidPrice", "bidQty", "askPrice"}},
    {"mark", {"symbol", "markPrice", "markIV"}},
    {"aggTrades", {"p", "q", "m"}},
    {"account", {"orderId"}},
    {"trades", {"id", "price", "qty"}},
    {"exchangeInfo", {"symbols", "serverTime"}},
    {"exchangeInfo", {"optionSymbols"}},
    {"time", {"serverTime"}},
    {"index", {"indexPrice", "time"}},
    {"basis", {"basisRate"}},
    {"longShortRatio", {"longShortRatio"}},
    {"takerlongshortRatio", {"buySellRatio"}},
    {"takerBuySellVol", {"takerBuyVol"}},
    {"indexInfo", {"baseAssetList"}},
    {"assetIndex", {"bidBuffer"}},
    {"constituents", {"constituents"}},
    {"insuranceBalance", {"symbols", "assets"}},
    {"insuranceBalance", {"marginBalance", "asset"}},
    {"leverageBracket", {"brackets"}},
    {"ticker/price", {"symbol", "price"}},
    {"account", {"feeTier"}},
    {"account", {"totalWalletBalance"}},
    {"account", {"feeBurn"}},
    {"account", {"accountAlias"}},
    {"account", {"incomeType"}},
    {"account", {"adlQuantile"}},
    {"account", {"positionAmt"}},
    {"account", {"algoId"}},
    {"account", {"listenKey"}},
};

// Asked for by name, and nothing of ours in the answer.
constexpr std::string_view kSilent[] = {"ticker/24hr",
                                        "ticker/price",
                                        "ticker",
                                        "basis",
                                        "longShortRatio",
                                        "globalLongShortAccountRatio",
                                        "topLongShortAccountRatio",
                                        "topLongShortPositionRatio",
                                        "takerlongshortRatio",
                                        "takerBuySellVol",
                                        "indexInfo",
                                        "assetIndex",
                                        "constituents",
                                        "insuranceBalance",
                                        "leverageBracket",
                                        "account",
                                        "premiumIndexKlines",
                                        "avgPrice",
                                        "delivery-price"};

}  // namespace

Ending BinanceReader::read_object(codec::JsonObject& object, const char* text,
                                  std::string_view stream) {
  constexpr std::string_view opening = "{\"e\":\"";  // how nearly every event begins
  std::string_view type;
  if (std::string_view(text, opening.size()) == opening) {
    const char* const begin = text + opening.size();
    const char* end = begin;
    // The parser has been over the message: the text ends with its quote, and padding lies behind
    // it.
    while (*end != '"') end += *end == '\\' ? 2 : 1;
    return read_stream(object, {begin, static_cast<size_t>(end - begin)}, stream);
  }
  const Keys keys = keys_of(object, fields_);
  if (!fields_.ok()) return Ending::read;
  const auto has = [&](std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  if (has("e")) {
    type = fields_.text(object, "e");
    return fields_.rewind(object) ? read_stream(object, type, stream) : Ending::read;
  }
  if (has("stream") && has("data")) {  // an envelope with "stream" not in front
    stream = fields_.text(object, "stream");
    codec::JsonValue data;
    if (!fields_.find(object, "data", data)) return Ending::read;
    return read_value(data, stream);
  }
  if (has("error") || (has("code") && has("msg"))) {  // the data that was asked for is not here
    std::string said(fields_.maybe_text(object, "code").value_or(""));
    if (const auto msg = fields_.maybe_text(object, "msg")) said += " " + std::string(*msg);
    channel_ = endpoint_;
    return refuse(said);
  }
  channel_ = "acknowledgement";
  if (has("id") && (has("result") || has("status"))) return Ending::control;
  std::string_view endpoint = endpoint_;
  // A depth snapshot may stand among a stream's messages, whatever that stream was asked for.
  if (endpoint.empty() || has("lastUpdateId")) {
    endpoint = {};
    for (const Shape& shape : kShapes) {
      if (!std::all_of(shape.keys.begin(), shape.keys.end(),
                       [&](auto key) { return key.empty() || has(key); }))
        continue;
      endpoint =
          has("bidPrice") && shape.endpoint == "depth" ? "ticker/bookTicker" : shape.endpoint;
      break;
    }
  }
  // Spot's bookTicker has no "e".
  if (endpoint.empty() && has("s") && has("b") && has("B") && has("a") && has("A")) {
    channel_ = "bookTicker";
    return read_book_ticker(object);
  }
  channel_ = endpoint.empty() ? "an object of unknown shape" : endpoint;
  return endpoint.empty() ? Ending::unknown : read_endpoint(endpoint, object, stream);
}

Ending BinanceReader::read_value(codec::JsonValue& value, std::string_view stream) {
  const char* const text = value.raw_json_token().data();
  codec::JsonObject object;
  codec::JsonArray array;
  if (*text == '{' && value.get_object().get(object) == simdjson::SUCCESS)
    return read_object(object, text, stream);
  if (*text == '[' && value.get_array().get(array) == simdjson::SUCCESS)
    return read_list(array, stream);
  fields_.fail(Fault::malformed, "neither an object nor a list", "data");
  return Ending::read;
}

// Since July 2026 rows name a rateType whose values are documented nowhere. One type for all rows
// is taken for the usual settlement; where there are several, nobody knows which ones are extra.
void BinanceReader::check_rate_types(codec::JsonArray& rows) {
  mixed_rate_types_ = false;
  std::optional<std::string> first;
  each_object(rows, fields_, "fundingRate", [&](codec::JsonObject& row) {
    const auto type = fields_.maybe_text(row, "rateType");
    if (!type) return;
    if (!first) first = *type;
    mixed_rate_types_ |= *first != *type;
  });
  if (fields_.ok() && rows.reset().error() != simdjson::SUCCESS)
    fields_.fail(Fault::malformed, "broken JSON");
}

Ending BinanceReader::read_list(codec::JsonArray& array, std::string_view stream) {
  mixed_rate_types_ = false;
  if (endpoint_ == "fundingRate") check_rate_types(array);
  if (!fields_.ok()) return Ending::read;
  Ending ending = Ending::no_event;
  channel_ = endpoint_.empty() ? std::string_view("list") : endpoint_;
  for (auto entry : array) {
    codec::JsonValue value;
    codec::JsonArray row;
    if (entry.get(value) != simdjson::SUCCESS) {
      fields_.fail(Fault::malformed, "broken JSON");
    } else if (*value.raw_json_token().data() != '[') {
      ending = read_value(value, stream);
    } else if (value.get_array().get(row) == simdjson::SUCCESS) {
      ending = read_kline_row(row);
    } else {
      fields_.fail(Fault::malformed, "broken JSON");
    }
    if (!fields_.ok() || ending == Ending::unknown) return ending;
  }
  return ending;
}

Ending BinanceReader::read_endpoint(std::string_view endpoint, codec::JsonObject& object,
                                    std::string_view stream) {
  if (endpoint == "depth") return rest_depth(object, stream);
  if (endpoint == "aggTrades") return rest_trade(object, true);
  if (endpoint == "trades" || endpoint == "historicalTrades") return rest_trade(object, false);
  if (endpoint == "ticker/bookTicker") return rest_quote(object);
  if (endpoint == "premiumIndex") return rest_premium_index(object);
  if (endpoint == "fundingRate") return rest_funding_rate(object);
  if (endpoint == "fundingInfo") return rest_funding_info(object);
  if (endpoint == "openInterest" && market_ != BinanceMarket::eoptions)
    return rest_open_interest(object);
  if (endpoint == "openInterest" || endpoint == "openInterestHist")
    return rest_open_interest_history(object);
  if (endpoint == "mark") return rest_option_mark(object);
  if (endpoint == "index") return rest_index(object);
  if (endpoint == "exchangeInfo") return rest_exchange_info(object);
  if (endpoint == "time" || endpoint == "ping") return Ending::control;
  return std::find(std::begin(kSilent), std::end(kSilent), endpoint) != std::end(kSilent)
             ? Ending::no_event
             : Ending::unknown;
}

// [open time, open, high, low, close, volume, close time, ...]; whose it is stands only in the
// request.
Ending BinanceReader::read_kline_row(codec::JsonArray& row) {
  const std::string_view endpoint = endpoint_;
  Candle candle;
  std::optional<InstrumentId> id;
  if (endpoint == "klines" || endpoint == "markPriceKlines") {
    candle.price_kind = endpoint == "klines" ? PriceKind::trade : PriceKind::mark;
    id = unnamed({});
  } else if (endpoint == "indexPriceKlines" && !request_.get("pair").empty()) {
    candle.price_kind = PriceKind::index;
    id = index(request_.get("pair"));
  } else if (endpoint == "continuousKlines") {
    id = contract_of(request_.get("pair"), request_.get("contractType"));
    if (!id) return skip("continuousKlines of a delivery contract without a name");
  } else if (endpoint == "premiumIndexKlines") {
    return skip("premiumIndexKlines");
  } else {
    fields_.fail(Fault::malformed, "rows that only their request explains", "request");
  }
  if (!id) return Ending::read;
  size_t column = 0;
  for (auto entry : row) {
    codec::JsonValue value;
    if (entry.get(value) != simdjson::SUCCESS) {
      fields_.fail(Fault::malformed, "broken JSON");
      break;
    }
    switch (column++) {
      case 0:
        candle.from = fields_.ms(value, "open time");
        break;
      case 1:
        candle.open = fields_.fixed<Price>(value, "open", Precision::nearest);
        break;
      case 2:
        candle.high = fields_.fixed<Price>(value, "high", Precision::nearest);
        break;
      case 3:
        candle.low = fields_.fixed<Price>(value, "low", Precision::nearest);
        break;
      case 4:
        candle.close = fields_.fixed<Price>(value, "close", Precision::nearest);
        break;
      case 5:
        if (candle.price_kind == PriceKind::trade)
          candle.volume = fields_.maybe_double(value, "volume");
        break;
      case 6:
        candle.to = behind(fields_.ms(value, "close time"));
        break;
      default:
        break;
    }
    if (!fields_.ok()) break;
  }
  fields_.require(column > 6, "close time");
  if (!fields_.ok()) return Ending::read;
  candle.closed = candle.to <= received_;
  stage_.add<Candle>(*id, candle.to) = candle;
  return Ending::read;
}

Ending BinanceReader::rest_depth(codec::JsonObject& object, std::string_view stream) {
  const auto last = fields_.maybe_integer(object, "lastUpdateId");
  if (!fields_.rewind(object)) return Ending::read;
  std::string_view symbol;
  std::optional<Instant> engine, sent;
  std::optional<uint64_t> option_last;
  bool has_bids = false, has_asks = false;
  BookSnapshot& book = stage_.add<BookSnapshot>(0, {});
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case codec::key_code("symbol"):
        symbol = fields_.text(value, "symbol");
        break;
      case codec::key_code("T"):
        engine = fields_.ms(value, "T");
        break;
      case codec::key_code("E"):
        sent = fields_.ms(value, "E");
        break;
      case codec::key_code("u"):
        option_last = fields_.count(value, "u");
        break;
      case codec::key_code("bids"):
        read_levels(value, book.bids, "bids");
        has_bids = true;
        break;
      case codec::key_code("asks"):
        read_levels(value, book.asks, "asks");
        has_asks = true;
        break;
      default:
        break;
    }
  });
  fields_.require(has_bids, "bids");
  fields_.require(has_asks, "asks");
  fields_.require(last || option_last, "lastUpdateId");
  if (last && *last < 0) fields_.fail(Fault::malformed, "negative", "lastUpdateId");
  if (!fields_.ok()) return Ending::read;
  const auto id = symbol.empty() ? unnamed(stream) : std::optional(instrument(symbol));
  if (!id) return Ending::read;
  book.sequence.last = last ? static_cast<uint64_t>(*last) : *option_last;
  constexpr std::string_view mark =
      "@depth";  // "@depth20" is a book of 20 levels, "@depthSnapshot" a REST answer
  if (const size_t at = stream.find(mark); at != stream.npos) {
    const std::string_view rest = stream.substr(at + mark.size());
    const auto depth = read_int(rest.substr(0, rest.find('@')));
    if (depth && *depth > 0 && *depth <= 5000) book.depth = static_cast<uint32_t>(*depth);
  }
  stage_.last().instrument = *id;
  stage_.last().at = engine ? *engine : sent.value_or(received_);
  return Ending::read;
}

Ending BinanceReader::rest_trade(codec::JsonObject& object, bool aggregated) {
  std::string_view symbol, id;
  std::optional<Price> price;
  std::optional<WideQty> qty;
  std::optional<Instant> at;
  std::optional<Side> side;
  const auto maker = fields_.maybe_bool(object, "isBuyerMaker");
  if (maker) side = *maker ? Side::sell : Side::buy;
  if (!fields_.rewind(object)) return Ending::read;
  codec::each_field(object, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case codec::key_code("symbol"):
        symbol = fields_.text(value, "symbol");
        break;
      case codec::key_code("a"):
      case codec::key_code("id"):
        id = fields_.text(value, "id");
        break;
      case codec::key_code("p"):
      case codec::key_code("price"):
        price = fields_.fixed<Price>(value, "price");
        break;
      case codec::key_code("q"):
      case codec::key_code("qty"):
        qty = fields_.fixed<WideQty>(value, "qty");
        break;
      case codec::key_code("T"):
      case codec::key_code("time"):
        at = fields_.ms(value, "time");
        break;
      case codec::key_code("m"):
        side = fields_.boolean(value, "m") ? Side::sell : Side::buy;
        break;
      case codec::key_code("side"):
        side = fields_.integer(value, "side") < 0 ? Side::sell : Side::buy;
        break;  // options
      default:
        break;
    }
  });
  fields_.require(price.has_value(), "price");
  fields_.require(qty.has_value(), "qty");
  fields_.require(at.has_value(), "time");
  fields_.require(side.has_value(), "isBuyerMaker");
  if (!fields_.ok()) return Ending::read;
  const auto instrument_id = symbol.empty() ? unnamed({}) : std::optional(instrument(symbol));
  if (!instrument_id) return Ending::read;
  Trade& trade = stage_.add<Trade>(*instrument_id, *at);
  trade.price = *price;
  trade.qty = *qty;
  trade.taker_side = *side;
  trade.id.assign(id);
  trade.aggregated = aggregated;
  return Ending::read;
}

Ending BinanceReader::rest_quote(codec::JsonObject& object) {
  const std::string_view symbol = fields_.text(object, "symbol");
  Quote quote{.bid_price = fields_.maybe<Price>(object, "bidPrice"),
              .ask_price = fields_.maybe<Price>(object, "askPrice"),
              .bid_qty = fields_.maybe<WideQty>(object, "bidQty"),
              .ask_qty = fields_.maybe<WideQty>(object, "askQty")};
  const int64_t update_id = fields_.maybe_integer(object, "lastUpdateId").value_or(0);
  quote.update_id = static_cast<uint64_t>(std::max<int64_t>(0, update_id));
  const Instant at = fields_.maybe_ms(object, "time").value_or(received_);
  if (fields_.ok()) stage_.add<Quote>(instrument(symbol), at) = quote;
  return Ending::read;
}

Ending BinanceReader::rest_premium_index(codec::JsonObject& object) {
  const std::string_view symbol = fields_.text(object, "symbol");
  const Price mark = fields_.fixed<Price>(object, "markPrice", Precision::nearest);
  const auto index_price = fields_.maybe<Price>(object, "indexPrice", Precision::nearest);
  const auto rate = fields_.maybe<Rate>(object, "lastFundingRate", Precision::nearest);
  const auto settles_at = fields_.maybe_ms(object, "nextFundingTime");
  const Instant at = fields_.ms(object, "time");
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol);
  stage_.add<MarkPrice>(id, at).price = mark;
  // As in the stream: 0 is no index where nothing is settled any more, and a bad row elsewhere.
  if (index_price && (*index_price != Price() || settles_at))
    stage_.add<IndexPrice>(id, at).price = *index_price;
  if (rate &&
      settles_at) {  // named "last", and yet the rate of the period that ends at nextFundingTime
    FundingRate& funding = stage_.add<FundingRate>(id, at);
    funding.rate = *rate;
    funding.settles_at = settles_at;  // the interval is the listing's to say
  }
  return Ending::read;
}

Ending BinanceReader::rest_funding_rate(codec::JsonObject& object) {
  const std::string_view symbol = fields_.text(object, "symbol");
  const Rate rate = fields_.fixed<Rate>(object, "fundingRate", Precision::nearest);
  const Instant at = fields_.ms(object, "fundingTime");
  const auto mark = fields_.maybe<Price>(object, "markPrice", Precision::nearest);
  const std::string type(fields_.maybe_text(object, "rateType").value_or(""));
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol);
  // Told beside the rate: rows of another type may come in another answer, and whoever adds rates
  // up has to know.
  if (!type.empty()) {
    PublishedFigure& figure = stage_.add<PublishedFigure>(id, at);
    figure.metric = kFundingRateType;
    figure.asset = instruments_[id].base;
    figure.unit = type;
    figure.stated_by = "binance";
    figure.value = rate.approx();
  }
  if (mixed_rate_types_) {
    report_part(Fault::no_evidence, "several types in one answer, and none is documented",
                "rateType");
    return Ending::read;
  }
  stage_.add<FundingRate>(id, at) = {.rate = rate, .kind = FundingKind::settled, .settles_at = at};
  if (mark) stage_.add<MarkPrice>(id, at).price = *mark;
  return Ending::read;
}

// Only contracts whose interval or limits were ever changed are listed. The interval goes into the
// instrument, and never into a rate: which of the two comes first on a tape must not matter.
Ending BinanceReader::rest_funding_info(codec::JsonObject& object) {
  const std::string_view symbol = fields_.text(object, "symbol");
  const int64_t hours = fields_.integer(object, "fundingIntervalHours");
  if (fields_.ok() && (hours < 1 || hours > 24 * 365))
    fields_.fail(Fault::out_of_range, "not an interval", "fundingIntervalHours");
  const Instant at = fields_.maybe_ms(object, "updateTime").value_or(received_);
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol);
  Instrument known = instruments_[id];
  known.funding_interval = Duration::hours(hours);
  list(std::move(known), at, {});
  return Ending::read;
}

Ending BinanceReader::rest_open_interest(codec::JsonObject& object) {
  const std::string_view symbol = fields_.text(object, "symbol");
  const WideQty contracts = fields_.fixed<WideQty>(object, "openInterest");
  const Instant at = fields_.maybe_ms(object, "time").value_or(received_);
  if (fields_.ok()) stage_.add<OpenInterest>(instrument(symbol), at).contracts = contracts;
  return Ending::read;
}

// USD-M: base coins and their value in USD. COIN-M, by pair and contract type: contracts and their
// value in coins. Options: contracts of one base coin, and USD.
Ending BinanceReader::rest_open_interest_history(codec::JsonObject& object) {
  const auto symbol = fields_.maybe_text(object, "symbol");
  const auto pair = fields_.maybe_text(object, "pair");
  const auto contract_type = fields_.maybe_text(object, "contractType");
  const WideQty contracts = fields_.fixed<WideQty>(object, "sumOpenInterest", Precision::nearest);
  const auto value = fields_.maybe_double(object, "sumOpenInterestValue");
  const auto value_usd = fields_.maybe_double(object, "sumOpenInterestUsd");
  const Instant at = fields_.ms(object, "timestamp");
  if (!fields_.ok()) return Ending::read;
  if (symbol) {
    stage_.add<OpenInterest>(instrument(*symbol), at) = {
        .contracts = contracts, .value_usd = value_usd ? value_usd : value};
    return Ending::read;
  }
  if (!pair) return fields_.fail(Fault::malformed, "missing", "symbol"), Ending::read;
  const auto id = contract_of(*pair, contract_type.value_or(""));
  if (!id) return skip("openInterestHist of a delivery contract without a name");
  stage_.add<OpenInterest>(*id, at) = {.contracts = contracts, .coins = value};
  return Ending::read;
}

Ending BinanceReader::rest_option_mark(codec::JsonObject& object) {
  const std::string_view symbol = fields_.text(object, "symbol");
  OptionQuote q;
  q.mark_price = fields_.fixed<Price>(object, "markPrice", Precision::nearest);
  q.bid_iv = fields_.maybe_double(object, "bidIV");
  q.ask_iv = fields_.maybe_double(object, "askIV");
  q.mark_iv = fields_.maybe_double(object, "markIV");
  for (auto* iv : {&q.bid_iv, &q.ask_iv, &q.mark_iv}) {
    if (*iv && **iv <= 0) iv->reset();  // could not be computed
  }
  q.interest_rate = fields_.maybe_double(object, "riskFreeInterest");
  q.greeks = {.delta = fields_.maybe_double(object, "delta"),
              .gamma = fields_.maybe_double(object, "gamma"),
              .vega = fields_.maybe_double(object, "vega"),
              .theta = fields_.maybe_double(object, "theta")};
  if (fields_.ok()) stage_.add<OptionQuote>(instrument(symbol), received_) = std::move(q);
  return Ending::read;
}

Ending BinanceReader::rest_index(codec::JsonObject& object) {
  const Price price = fields_.fixed<Price>(object, "indexPrice", Precision::nearest);
  const Instant at = fields_.ms(object, "time");
  if (request_.get("underlying").empty())
    fields_.fail(Fault::malformed, "an index that only its request names", "request");
  if (fields_.ok()) stage_.add<IndexPrice>(index(request_.get("underlying")), at).price = price;
  return Ending::read;
}

Ending BinanceReader::rest_exchange_info(codec::JsonObject& object) {
  const Instant at = fields_.maybe_ms(object, "serverTime").value_or(received_);
  codec::JsonArray symbols;
  fields_.require(
      fields_.find(object, "optionSymbols", symbols) || fields_.find(object, "symbols", symbols),
      "symbols");
  std::vector<std::pair<Instrument, std::string>> found;
  if (fields_.ok()) {
    for (auto entry : symbols) {
      codec::JsonObject symbol;
      if (entry.get_object().get(symbol) != simdjson::SUCCESS)
        fields_.fail(Fault::malformed, "not an object", "symbols");
      if (!fields_.ok()) return Ending::read;
      std::string status(fields_.maybe_text(symbol, "status").value_or(""));
      if (status.empty()) status = fields_.maybe_text(symbol, "contractStatus").value_or("");
      found.emplace_back(read_listing(symbol), std::move(status));
      if (!fields_.ok()) return Ending::read;
    }
  }
  for (auto& [listing, status] : found) {
    // exchangeInfo does not say the funding interval: what fundingInfo said before is kept.
    if (const auto known = instruments_.find(listing.venue, listing.symbol, listing.kind))
      listing.funding_interval = instruments_[*known].funding_interval;
    list(std::move(listing), at, status);
  }
  return found.empty() ? skip("exchangeInfo without symbols") : Ending::read;
}

Instrument BinanceReader::read_listing(codec::JsonObject& symbol) {
  Instrument out = binance_instrument(market_, fields_.text(symbol, "symbol"));
  const auto take = [&](std::string& into, std::string_view key) {
    if (const auto text = fields_.maybe_text(symbol, key); text && !text->empty()) into = *text;
  };
  if (out.kind == InstrumentKind::option) {
    take(out.quote, "quoteAsset");
    out.settle = out.quote;
    out.contract_size = fields_.maybe<Qty>(symbol, "unit");
    out.strike = fields_.maybe<Price>(symbol, "strikePrice");
    out.expiry = fields_.maybe_ms(symbol, "expiryDate");
  } else {
    take(out.base, "baseAsset");
    take(out.quote, "quoteAsset");
    out.settle = out.kind == InstrumentKind::inverse ? out.base : out.quote;
    take(out.settle, "marginAsset");
    if (const auto size = fields_.maybe<Qty>(symbol, "contractSize")) out.contract_size = size;
    // PERPETUAL, TRADIFI_PERPETUAL
    const bool perpetual =
        fields_.maybe_text(symbol, "contractType").value_or("").ends_with("PERPETUAL");
    if (const auto delivery = fields_.maybe_integer(symbol, "deliveryDate");
        delivery && *delivery > 0)
      out.expiry = perpetual || *delivery >= kNoDelivery
                       ? std::nullopt
                       : std::optional(fields_.from_ms(*delivery, "deliveryDate"));
  }
  codec::JsonArray filters;
  if (!fields_.find(symbol, "filters", filters)) return out;
  for (auto entry : filters) {
    codec::JsonObject filter;
    if (entry.get_object().get(filter) != simdjson::SUCCESS) {
      fields_.fail(Fault::malformed, "not an object", "filters");
      return out;
    }
    const std::string_view type = fields_.maybe_text(filter, "filterType").value_or("");
    if (type == "PRICE_FILTER") out.tick = fields_.maybe<Price>(filter, "tickSize");
    if (type == "LOT_SIZE") out.step = fields_.maybe<Qty>(filter, "stepSize");
    if (!fields_.ok()) return out;
  }
  return out;
}

}  // namespace delever::venues::binance
