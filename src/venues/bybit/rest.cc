#include <array>

#include "base/text.h"
#include "venues/bybit/reader.h"

namespace delever::venues::bybit {
namespace {

struct Shape {
  std::string_view field, endpoint;
};

// An endpoint is known by its path, or else by a field that only its rows have; the first that fits
// counts.
constexpr std::array<Shape, 14> kShapes{{
    {"lotSizeFilter", "instruments-info"},
    {"fundingRateTimestamp", "history"},
    {"isBlockTrade", "recent-trade"},
    {"adlTriggerThreshold", "adlAlert"},
    {"buyRatio", "account-ratio"},
    {"deliveryPrice", "delivery-price"},
    {"riskLimitValue", "risk-limit"},
    {"balance", "insurance"},
    {"ltCoin", "leveraged-token"},
    {"groupName", "fee-group-info"},
    {"totalEquity", "wallet-balance"},
    {"maintainType", "status"},
    {"dateTimestamp", "announcements"},
    {"bid1Price", "tickers"},
}};

// Endpoints without an event of ours, by path.
constexpr std::array<std::string_view, 20> kNoEvent{"account-ratio",
                                                    "adlAlert",
                                                    "announcements",
                                                    "components",
                                                    "delivery-price",
                                                    "fee-group-info",
                                                    "full_ob",
                                                    "historical-volatility",
                                                    "index",
                                                    "info",
                                                    "insurance",
                                                    "leveraged-token",
                                                    "new-delivery-price",
                                                    "price-limit",
                                                    "reference",
                                                    "risk-limit",
                                                    "rpi_orderbook",
                                                    "status",
                                                    "time",
                                                    "wallet-balance"};

// When a candle of `interval` (minutes, D, W or M) that began at `from` ends; missing for what is
// not an interval.
std::optional<Duration> fixed_interval(std::string_view interval) {
  if (interval == "D") return Duration::days(1);
  if (interval == "W") return Duration::days(7);
  const auto minutes = read_int(interval);
  if (!minutes || *minutes <= 0 || *minutes > 1'440) return std::nullopt;
  return Duration::minutes(*minutes);
}

std::optional<Instant> next_month(Instant from) {
  const std::string date = from.date();  // "2026-01-01"
  if (date.size() != 10) return std::nullopt;
  const auto year = read_int(std::string_view(date).substr(0, 4));
  const auto month =
      read_int(std::string_view(date).substr(date[5] == '0' ? 6 : 5, date[5] == '0' ? 1 : 2));
  if (!year || !month) return std::nullopt;
  const bool december = *month == 12;
  const auto next = Instant::from_date(static_cast<int>(*year) + (december ? 1 : 0),
                                       december ? 1 : static_cast<int>(*month) + 1, 1);
  return next.has_value() ? std::optional(next.value()) : std::nullopt;
}

// Products of two legs: their prices are differences, and no instrument of ours.
bool is_spread(std::string_view symbol) { return symbol.find_first_of("_/") != symbol.npos; }

}  // namespace

Ending BybitReader::read_rest(codec::JsonObject& message, codec::FlatObject& top) {
  channel_ =
      request_.endpoint.empty() ? std::string_view("REST") : std::string_view(request_.endpoint);
  const int64_t code = top.integer("retCode");
  if (!fields_.ok()) return Ending::read;
  if (code != 0) {
    return refuse(std::to_string(code) + " " + std::string(top.maybe_text("retMsg").value_or("")));
  }
  const auto time = top.maybe_ms("time");
  const Instant at = time ? *time : received_;
  if (top.is_array("result")) {  // historical volatility alone
    channel_ = "historical-volatility";
    return Ending::no_event;
  }
  codec::JsonObject result = codec::child(message, "result", fields_);
  if (!fields_.ok()) return Ending::read;
  row_.read(result);
  if (!fields_.ok()) return Ending::read;
  Category category = read_bybit_category(row_.maybe_text("category").value_or(""));
  if (!category) category = read_bybit_category(request_.get("category"));
  std::string_view endpoint = request_.endpoint;
  for (const std::string_view name : kNoEvent) {
    if (endpoint == name) return skip(name);
  }
  if (row_.has("s") && row_.has("u")) {
    if (is_spread(row_.maybe_text("s").value_or(""))) return skip("spread");
    channel_ = "orderbook";
    return read_rest_book(result, category);
  }
  if (row_.has("buyLmt")) return skip("price-limit");
  if (row_.has("timeNano")) return skip("time");
  if (row_.has("components")) return skip("components");
  if (row_.has("ltCoin")) return skip("leveraged-token");
  if (!row_.is_array("list")) return Ending::unknown;
  const bool named = row_.has("symbol");
  std::string_view symbol = named ? row_.symbol("symbol") : std::string_view();
  if (symbol.empty()) symbol = request_.get("symbol");
  if (!fields_.ok()) return Ending::read;

  // The first row tells what the list is of; the list is then read from its beginning.
  bool rows_are_arrays = false, any = false;
  codec::each_in(result, "list", fields_, [&](codec::JsonValue value) {
    if (any) return;
    any = true;
    simdjson::ondemand::json_type type{};
    rows_are_arrays =
        value.type().get(type) == simdjson::SUCCESS && type == simdjson::ondemand::json_type::array;
    if (rows_are_arrays) return;
    codec::JsonObject first;
    if (value.get_object().get(first) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "holds something other than objects", "list");
    row_.read(first);
  });
  if (!fields_.ok()) return Ending::read;
  if (result.reset().error() != simdjson::SUCCESS) fields_.fail(Fault::malformed, "not JSON");
  if (!any) return Ending::no_event;
  if (rows_are_arrays) return read_rest_klines(result, endpoint, category, symbol, at);
  if (is_spread(row_.maybe_text("symbol").value_or(""))) return skip("spread");
  if (row_.has("positionIdx")) return skip("position");
  if (endpoint.empty()) {
    for (const Shape& shape : kShapes) {
      if (row_.has(shape.field)) {
        endpoint = shape.endpoint;
        break;
      }
    }
    if (endpoint.empty() && row_.has("openInterest") && row_.has("timestamp"))
      endpoint = "open-interest";
  }
  return read_rest_list(result, endpoint, category, symbol, at);
}

Ending BybitReader::read_rest_list(codec::JsonObject& result, std::string_view endpoint,
                                   Category category, std::string_view symbol, Instant at) {
  for (const std::string_view name : kNoEvent) {
    if (endpoint == name) return skip(name);
  }
  if (!endpoint.empty()) channel_ = endpoint;
  if (endpoint == "open-interest") {
    if (symbol.empty()) {
      fields_.fail(Fault::malformed, "missing, in the answer and in the request", "symbol");
      return Ending::read;
    }
    const InstrumentId id = instrument(symbol, category);
    codec::each_row(result, "list", row_, [&](codec::JsonObject&) { read_open_interest(id); });
  } else if (endpoint == "history") {  // funding/history: rates that were paid
    codec::each_row(result, "list", row_, [&](codec::JsonObject&) {
      const std::string_view of = row_.symbol("symbol");
      const Instant settled = row_.ms("fundingRateTimestamp");
      if (!fields_.ok()) return;
      const InstrumentId id = instrument(of, category);
      stage_.add<FundingRate>(id, settled) = {
          .rate = row_.fixed<Rate>("fundingRate", Precision::nearest),
          .kind = FundingKind::settled,
          .settles_at = settled};
    });
  } else if (endpoint == "recent-trade") {
    codec::each_row(result, "list", row_, [&](codec::JsonObject&) { read_rest_trade(category); });
  } else if (endpoint == "tickers") {
    codec::each_row(result, "list", row_, [&](codec::JsonObject&) {
      const std::string_view of = row_.symbol("symbol");
      if (!fields_.ok()) return;
      const bool spot = row_.has("usdIndexPrice") && !row_.has("markPrice");
      const InstrumentId id =
          instrument(of, category || !spot ? category : std::optional(BybitCategory::spot));
      if (instruments_[id].kind == InstrumentKind::option) return read_option_ticker(id, at);
      read_contract_ticker(id, at, true, false);
    });
  } else if (endpoint == "instruments-info") {
    codec::each_row(result, "list", row_,
                    [&](codec::JsonObject& row) { read_listing(row, category, at); });
  } else {
    return Ending::unknown;
  }
  return Ending::read;
}

void BybitReader::read_open_interest(InstrumentId id) {
  OpenInterest& open_interest = stage_.add<OpenInterest>(id, row_.ms("timestamp"));
  open_interest.contracts = row_.maybe<WideQty>("singleOpenInterest", Precision::nearest);
  if (open_interest.contracts) return;
  const WideQty both =
      row_.fixed<WideQty>("openInterest", Precision::nearest);  // longs and shorts: see tickers.cc
  open_interest.contracts = both.half();
}

void BybitReader::read_rest_trade(Category category) {
  const std::string_view symbol = row_.symbol("symbol");
  const Instant at = row_.ms("time");
  if (!fields_.ok()) return;
  Trade& trade = stage_.add<Trade>(instrument(symbol, category), at);
  trade.price = row_.fixed<Price>("price");
  trade.qty = row_.fixed<WideQty>("size");
  trade.taker_side = side("side");
  trade.id = row_.text("execId");
  trade.block = row_.maybe_bool("isBlockTrade").value_or(false);
  trade.index_price = row_.maybe<Price>("iP", Precision::nearest);
}

Ending BybitReader::read_rest_book(codec::JsonObject& result, Category category) {
  const std::string_view symbol = row_.symbol("s");
  const uint64_t update = row_.count("u");
  const auto engine_time = row_.maybe_ms("cts");
  const Instant at = engine_time ? *engine_time : row_.ms("ts");
  if (!fields_.ok()) return Ending::read;
  // Levels of three columns are those of rpi_orderbook, whose sizes are split in two.
  bool rpi = false;
  for (const std::string_view key : {"b", "a"}) {
    codec::each_in(result, key, fields_, [&](codec::JsonValue value) {
      codec::JsonArray level;
      size_t columns = 0;
      if (rpi) return;
      if (value.get_array().get(level) != simdjson::SUCCESS)
        return fields_.fail(Fault::malformed, "a level is not an array", key);
      codec::each(level, fields_, key, [&](codec::JsonValue) { ++columns; });
      rpi = columns == 3;
    });
  }
  if (!fields_.ok()) return Ending::read;
  if (rpi) return skip("rpi_orderbook");
  BookSnapshot& book = stage_.add<BookSnapshot>(instrument(symbol, category), at);
  book.sequence.last = update;
  const bool full = request_.endpoint == "full_orderbook";
  if (full) book.sequence.chain = kBybitFullBook;
  read_levels(result, "b", book.bids);
  if (fields_.ok()) read_levels(result, "a", book.asks);
  // As deep as was asked for; an answer that does not say counts as being as deep as it is.
  const auto limit = read_int(request_.get("limit"));
  const size_t shown = std::max(book.bids.size(), book.asks.size());
  if (!full)
    book.depth = static_cast<uint32_t>(
        limit && *limit > 0 && *limit <= 100'000 ? static_cast<size_t>(*limit) : shown);
  return Ending::read;
}

// Rows of [start, open, high, low, close, volume, turnover], the last two for trades only. What the
// prices are and how long a candle lasts stands in the request alone.
Ending BybitReader::read_rest_klines(codec::JsonObject& result, std::string_view endpoint,
                                     Category category, std::string_view symbol, Instant at) {
  channel_ = endpoint.empty() ? std::string_view("kline") : endpoint;
  if (endpoint == "premium-index-price-kline") return Ending::no_event;
  PriceKind kind = PriceKind::trade;
  if (endpoint == "mark-price-kline")
    kind = PriceKind::mark;
  else if (endpoint == "index-price-kline")
    kind = PriceKind::index;
  else if (!endpoint.empty() && endpoint != "kline")
    return Ending::unknown;
  const std::string_view interval = request_.get("interval");
  const auto length = fixed_interval(interval);
  if (endpoint.empty() || (!length && interval != "M")) {
    fields_.fail(Fault::no_evidence,
                 "the request, which alone names kind and interval of candles, is not known",
                 "interval");
    return Ending::read;
  }
  if (symbol.empty())
    fields_.fail(Fault::malformed, "missing, in the answer and in the request", "symbol");
  if (!fields_.ok()) return Ending::read;
  const InstrumentId id = instrument(symbol, category);
  const Precision precision = kind == PriceKind::trade ? Precision::exact : Precision::nearest;
  codec::each_in(result, "list", fields_, [&](codec::JsonValue value) {
    codec::JsonArray cells;
    if (value.get_array().get(cells) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "a candle is not an array", "list");
    std::array<std::string_view, 6> text{};
    size_t columns = 0;
    codec::each(cells, fields_, "list", [&](codec::JsonValue cell) {
      if (columns < text.size()) text[columns] = fields_.text_of(cell, "list").value_or("");
      ++columns;
    });
    if (!fields_.ok()) return;
    const auto start = read_int(text[0]);
    if (columns < 5 || !start) return fields_.fail(Fault::malformed, "not a candle", "list");
    Candle& candle = stage_.add<Candle>(id, at);
    candle.price_kind = kind;
    candle.from = fields_.from_ms(*start, "list");
    candle.to = candle.from;
    if (length) {
      candle.to = plus(candle.from, *length, "list");
    } else if (const auto end = next_month(candle.from)) {
      candle.to = *end;
    }
    if (fields_.ok() && candle.to <= candle.from)
      return fields_.fail(Fault::out_of_range, "has no next month", "list");
    candle.open = fields_.fixed<Price>(text[1], "open", precision);
    candle.high = fields_.fixed<Price>(text[2], "high", precision);
    candle.low = fields_.fixed<Price>(text[3], "low", precision);
    candle.close = fields_.fixed<Price>(text[4], "close", precision);
    if (columns > 5) candle.volume = read_double(text[5]);
    candle.closed = candle.to <= at;
  });
  return Ending::read;
}

void BybitReader::read_listing(codec::JsonObject& row, Category category, Instant at) {
  const std::string_view symbol = row_.symbol("symbol");
  if (!fields_.ok()) return;
  const std::string_view contract = row_.maybe_text("contractType").value_or("");
  // Answers without a category are told by what only their rows have.
  if (!category && contract.starts_with("Inverse")) category = BybitCategory::inverse;
  if (!category && contract.starts_with("Linear")) category = BybitCategory::linear;
  if (!category && row_.has("optionsType")) category = BybitCategory::option;
  if (!category && row_.has("marginTrading")) category = BybitCategory::spot;
  Instrument listed = bybit_instrument(symbol, category);
  const InstrumentId id = instrument(symbol, category);
  listed.kind = instruments_[id].kind;
  const std::string status(row_.maybe_text("status").value_or(""));
  listed.base = row_.text("baseCoin");
  listed.quote = row_.text("quoteCoin");
  listed.settle = row_.maybe_text("settleCoin").value_or(listed.quote);
  // The listing says whether there is an end; what the symbol looked like does not count any more.
  if (listed.kind == InstrumentKind::linear || listed.kind == InstrumentKind::inverse)
    listed.expiry.reset();
  if (listed.kind != InstrumentKind::spot && !contract.ends_with("Perpetual")) {
    if (const auto expiry = row_.maybe_ms("deliveryTime")) listed.expiry = expiry;
  }
  if (const auto minutes = row_.maybe_integer("fundingInterval");
      minutes && *minutes > 0 && *minutes <= 1'000'000)
    listed.funding_interval = Duration::minutes(*minutes);
  if (const auto type = row_.maybe_text("optionsType"))
    listed.option_type = *type == "Call" ? OptionType::call : OptionType::put;
  codec::JsonObject prices = codec::child(row, "priceFilter", fields_);
  if (!fields_.ok()) return;
  row_.read(prices);
  listed.tick = row_.maybe<Price>("tickSize");
  codec::JsonObject lots = codec::child(row, "lotSizeFilter", fields_);
  if (!fields_.ok()) return;
  row_.read(lots);
  listed.step = row_.maybe<Qty>(row_.has("qtyStep") ? "qtyStep" : "basePrecision");
  list(std::move(listed), at, status);
}

}  // namespace delever::venues::bybit
