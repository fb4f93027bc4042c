// One row of each OKX channel to events.
#include <fmt/format.h>

#include <array>
#include <limits>

#include "codec/channels.h"
#include "venues/okx/reader.h"

namespace delever::venues::okx {
namespace {

constexpr uint64_t k(std::string_view key) { return codec::key_code(key); }

Side read_side(codec::FieldReader& fields, std::string_view text) {
  if (text != "buy" && text != "sell")
    fields.fail(Fault::malformed, "neither buy nor sell", "side");
  return text == "sell" ? Side::sell : Side::buy;
}

}  // namespace

// Rows without a ts are dated by their receipt.
Instant OkxReader::time_of(codec::JsonObject& row) {
  return fields_.maybe_ms(row, "ts").value_or(received_);
}

void OkxReader::read_trade(codec::JsonObject& row, const Envelope& envelope, bool block) {
  std::string_view inst_id, id, side;
  std::optional<Price> price, index_price;
  std::optional<WideQty> qty;
  std::optional<Instant> at;
  bool counted = false;
  codec::each_field(row, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("instId"):
        inst_id = fields_.text(value, "instId");
        break;
      case k("tradeId"):
        id = fields_.text(value, "tradeId");
        break;
      case k("px"):
        price = fields_.fixed<Price>(value, "px");
        break;
      case k("sz"):
        qty = fields_.fixed<WideQty>(value, "sz");
        break;
      case k("side"):
        side = fields_.text(value, "side");
        break;
      case k("ts"):
        at = fields_.ms(value, "ts");
        break;
      case k("count"):
        counted = fields_.integer(value, "count") > 0;
        break;
      case k("idxPx"):
        index_price = fields_.maybe<Price>(value, "idxPx", Precision::nearest);
        break;
      default:
        break;
    }
  });
  fields_.require(price.has_value(), "px");
  fields_.require(qty.has_value(), "sz");
  fields_.require(!side.empty(), "side");
  fields_.require(at.has_value(), "ts");
  const Side taker = read_side(fields_, side);
  const InstrumentId of = instrument(inst_id, envelope);
  if (!fields_.ok()) return;
  Trade& trade = stage_.add<Trade>(of, *at);
  trade.price = *price;
  trade.qty = *qty;
  trade.taker_side = taker;
  trade.id.assign(id);
  trade.index_price = index_price;
  // Records that count their fills are all of one kind, those of a single fill too: "trades" beside
  // "trades-all", which shows each fill.
  trade.aggregated = counted;
  trade.block = block;
}

void OkxReader::read_book(codec::JsonObject& row, const Channel& channel,
                          const Envelope& envelope) {
  const bool snapshot = channel.partial || envelope.action == "snapshot";
  if (!snapshot && envelope.action != "update")
    return fields_.fail(Fault::malformed, "neither snapshot nor update", "action");
  std::string_view inst_id;
  std::optional<Instant> at;
  bool has_bids = false, has_asks = false;
  const auto read_into = [&](auto& book) {
    book.sequence.chain = channel.chain;
    codec::each_key(row, fields_, [&](codec::JsonKey key, codec::JsonValue& value) {
      switch (codec::key_code(key)) {
        case k("asks"):
          read_levels(value, book.asks, "asks");
          has_asks = true;
          break;
        case k("bids"):
          read_levels(value, book.bids, "bids");
          has_bids = true;
          break;
        case k("instId"):
          inst_id = fields_.text(value, "instId");
          break;
        case k("ts"):
          at = fields_.ms(value, "ts");
          break;
        case k("seqId"):
          book.sequence.last = fields_.count(value, "seqId");
          break;
        case 0:
          if (codec::is_key(key, "checksum")) {
            const int64_t sum = fields_.integer(value, "checksum");
            if (sum < std::numeric_limits<int32_t>::min() ||
                sum > std::numeric_limits<int32_t>::max())
              return fields_.fail(Fault::out_of_range, "not a signed CRC-32", "checksum");
            if (sum != 0)
              book.sequence.checksum = static_cast<int32_t>(sum);  // 0: no longer provided
          } else if (codec::is_key(key, "prevSeqId")) {
            const int64_t previous = fields_.integer(value, "prevSeqId");
            if (previous >= 0)
              book.sequence.previous = static_cast<uint64_t>(previous);  // -1: a snapshot
          }
          break;
        default:
          break;
      }
    });
  };
  if (snapshot) {
    // Its instrument and time follow when the row has been read.
    BookSnapshot& book = stage_.add<BookSnapshot>(0, {});
    book.depth = channel.depth;
    read_into(book);
  } else {
    read_into(stage_.add<BookDelta>(0, {}));
  }
  fields_.require(has_asks, "asks");
  fields_.require(has_bids, "bids");
  fields_.require(at.has_value(), "ts");
  const InstrumentId of = instrument(inst_id, envelope);
  if (!fields_.ok()) return;
  stage_.last().instrument = of;
  stage_.last().at = *at;
}

void OkxReader::read_best_level(codec::JsonObject& row, const Envelope& envelope) {
  std::string_view inst_id;
  std::optional<Instant> at;
  bool has_bids = false, has_asks = false;
  Quote quote;
  codec::each_field(row, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("asks"):
        read_levels(value, scratch_.asks, "asks");
        has_asks = true;
        break;
      case k("bids"):
        read_levels(value, scratch_.bids, "bids");
        has_bids = true;
        break;
      case k("instId"):
        inst_id = fields_.text(value, "instId");
        break;
      case k("ts"):
        at = fields_.ms(value, "ts");
        break;
      case k("seqId"):
        quote.update_id = fields_.count(value, "seqId");
        break;
      default:
        break;
    }
  });
  fields_.require(has_asks, "asks");
  fields_.require(has_bids, "bids");
  fields_.require(at.has_value(), "ts");
  const InstrumentId of = instrument(inst_id, envelope);
  if (!fields_.ok()) return;
  if (!scratch_.bids.empty()) {
    quote.bid_price = scratch_.bids.front().price;
    quote.bid_qty = scratch_.bids.front().qty;
  }
  if (!scratch_.asks.empty()) {
    quote.ask_price = scratch_.asks.front().price;
    quote.ask_qty = scratch_.asks.front().qty;
  }
  stage_.add<Quote>(of, *at) = quote;
}

void OkxReader::read_ticker(codec::JsonObject& row, const Envelope& envelope) {
  std::string_view inst_id;
  std::optional<Instant> at;
  Quote quote;
  codec::each_field(row, fields_,
                    [&](uint64_t key, codec::JsonValue& value) {  // an empty side is ""
                      switch (key) {
                        case k("instId"):
                          inst_id = fields_.text(value, "instId");
                          break;
                        case k("askPx"):
                          quote.ask_price = fields_.maybe<Price>(value, "askPx");
                          break;
                        case k("askSz"):
                          quote.ask_qty = fields_.maybe<WideQty>(value, "askSz");
                          break;
                        case k("bidPx"):
                          quote.bid_price = fields_.maybe<Price>(value, "bidPx");
                          break;
                        case k("bidSz"):
                          quote.bid_qty = fields_.maybe<WideQty>(value, "bidSz");
                          break;
                        case k("ts"):
                          at = fields_.ms(value, "ts");
                          break;
                        default:
                          break;
                      }
                    });
  fields_.require(at.has_value(), "ts");
  const InstrumentId of = instrument(inst_id, envelope);
  if (fields_.ok()) stage_.add<Quote>(of, *at) = quote;
}

// The period now running began at prevFundingTime and settles at fundingTime: their difference is
// its interval. Without the first, nextFundingTime says how long the one after will be. The rate
// settled last (settFundingRate at prevFundingTime) comes with every message and goes out once;
// when its own period began is not said.
void OkxReader::read_funding(codec::JsonObject& row, const Envelope& envelope) {
  const InstrumentId of = instrument(fields_.maybe_text(row, "instId").value_or(""), envelope);
  const Instant at = time_of(row);
  const auto settles = fields_.maybe_ms(row, "fundingTime");
  const auto next = fields_.maybe_ms(row, "nextFundingTime");
  const auto previous = fields_.maybe_ms(row, "prevFundingTime");
  const auto rate = fields_.maybe<Rate>(row, "fundingRate", Precision::nearest);
  const auto next_rate = fields_.maybe<Rate>(row, "nextFundingRate", Precision::nearest);
  const auto settled = fields_.maybe<Rate>(row, "settFundingRate", Precision::nearest);
  const bool is_settled = fields_.maybe_text(row, "settState") == "settled";
  fields_.require(settles.has_value(), "fundingTime");
  if (!fields_.ok()) return;
  const auto between = [](std::optional<Instant> from,
                          std::optional<Instant> to) -> std::optional<Duration> {
    int64_t ns = 0;
    if (!from || !to || __builtin_sub_overflow(to->ns(), from->ns(), &ns) || ns <= 0)
      return std::nullopt;
    return Duration::ns(ns);
  };
  if (rate) {
    // More than a day is no interval: the first period of a contract has nothing before it.
    auto interval = between(previous, settles);
    if (!interval || *interval > Duration::days(1)) interval = between(settles, next);
    stage_.add<FundingRate>(of, at) = {
        .rate = *rate, .kind = FundingKind::current, .interval = interval, .settles_at = settles};
  }
  if (next_rate) {
    stage_.add<FundingRate>(of, at) = {
        .rate = *next_rate, .kind = FundingKind::predicted, .settles_at = next};
  }
  if (!settled || !previous || !is_settled) return;
  const auto known = settled_.find(of);
  if (known != settled_.end() && known->second >= *previous) return;
  // Taken over into settled_ by the decoder, after the message.
  settled_now_.emplace_back(of, *previous);
  stage_.add<FundingRate>(of, at) = {
      .rate = *settled, .kind = FundingKind::settled, .settles_at = previous};
}

void OkxReader::read_funding_history(codec::JsonObject& row, const Envelope& envelope) {
  const InstrumentId of = instrument(fields_.maybe_text(row, "instId").value_or(""), envelope);
  const Instant at = fields_.ms(row, "fundingTime");
  auto rate = fields_.maybe<Rate>(row, "realizedRate",
                                  Precision::nearest);  // what was paid; fundingRate was expected
  if (!rate) rate = fields_.fixed<Rate>(row, "fundingRate", Precision::nearest);
  if (!fields_.ok()) return;
  stage_.add<FundingRate>(of, at) = {.rate = *rate, .kind = FundingKind::settled, .settles_at = at};
}

void OkxReader::read_open_interest(codec::JsonObject& row, const Envelope& envelope) {
  const InstrumentId of = instrument(fields_.maybe_text(row, "instId").value_or(""), envelope);
  OpenInterest found;
  found.contracts =
      fields_.fixed<WideQty>(row, "oi", Precision::nearest);  // a sum, with the noise of one
  found.coins = fields_.maybe_double(row, "oiCcy");
  found.value_usd = fields_.maybe_double(row, "oiUsd");
  const Instant at = time_of(row);
  if (fields_.ok()) stage_.add<OpenInterest>(of, at) = found;
}

void OkxReader::read_mark_price(codec::JsonObject& row, const Envelope& envelope) {
  std::string_view inst_id;
  std::optional<Price> price;
  std::optional<Instant> at;
  codec::each_field(row, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("instId"):
        inst_id = fields_.text(value, "instId");
        break;
      case k("markPx"):
        price = fields_.fixed<Price>(value, "markPx", Precision::nearest);
        break;
      case k("ts"):
        at = fields_.ms(value, "ts");
        break;
      default:
        break;
    }
  });
  fields_.require(price.has_value(), "markPx");
  fields_.require(at.has_value(), "ts");
  const InstrumentId of = instrument(inst_id, envelope);
  if (fields_.ok()) stage_.add<MarkPrice>(of, *at).price = *price;
}

void OkxReader::read_index_price(codec::JsonObject& row, const Envelope& envelope) {
  std::string_view inst_id;
  std::optional<Price> price;
  std::optional<Instant> at;
  codec::each_field(row, fields_, [&](uint64_t key, codec::JsonValue& value) {
    switch (key) {
      case k("instId"):
        inst_id = fields_.text(value, "instId");
        break;
      case k("idxPx"):
        price = fields_.fixed<Price>(value, "idxPx", Precision::nearest);
        break;
      case k("ts"):
        at = fields_.ms(value, "ts");
        break;
      default:
        break;
    }
  });
  fields_.require(price.has_value(), "idxPx");
  fields_.require(at.has_value(), "ts");
  const InstrumentId of = index(inst_id, envelope);
  if (fields_.ok()) stage_.add<IndexPrice>(of, *at).price = *price;
}

void OkxReader::read_liquidations(codec::JsonObject& row, const Envelope& envelope) {
  const InstrumentId of = instrument(fields_.maybe_text(row, "instId").value_or(""), envelope);
  codec::JsonArray details;
  fields_.require(fields_.find(row, "details", details), "details");
  if (!fields_.ok()) return;
  codec::each_object(details, fields_, "details", [&](codec::JsonObject& detail) {
    read_liquidation(detail, of, "liquidation-orders");
  });
}

// bkPx is called a bankruptcy price and is the only one there is. In net mode, posSide does not say
// what was closed: selling closes a long.
void OkxReader::read_liquidation(codec::JsonObject& detail, InstrumentId of,
                                 std::string_view channel) {
  const Instant at = fields_.ms(detail, "ts");
  const std::string_view side = fields_.text(detail, "side");
  const std::string_view position = fields_.maybe_text(detail, "posSide").value_or("");
  const WideQty qty = fields_.fixed<WideQty>(detail, "sz");
  const auto price = fields_.maybe<Price>(detail, "bkPx", Precision::nearest);
  const Side order_side = read_side(fields_, side);
  if (!position.empty() && position != "long" && position != "short" && position != "net")
    fields_.fail(Fault::malformed, "neither long, short nor net", "posSide");
  if (!fields_.ok()) return;
  const bool is_long = position == "long" || (position != "short" && order_side == Side::sell);
  Liquidation& found = stage_.add<Liquidation>(of, at);
  found.position_side = is_long ? PositionSide::long_side : PositionSide::short_side;
  found.feed = codec::liquidation_feed("okx", channel, at);
  found.order_price = price;
  found.order_qty = qty;
}

void OkxReader::read_option_summary(codec::JsonObject& row, const Envelope& envelope) {
  const InstrumentId of = instrument(fields_.maybe_text(row, "instId").value_or(""), envelope);
  const auto vol = [&](std::string_view key) {  // "" or 0: could not be computed
    const auto value = fields_.maybe_double(row, key);
    return value && *value > 0 ? value : std::nullopt;
  };
  OptionQuote quote;
  quote.underlying = fields_.maybe_text(row, "uly").value_or("");
  quote.greeks.delta = fields_.maybe_double(row, "deltaBS");
  quote.greeks.gamma = fields_.maybe_double(row, "gammaBS");
  quote.greeks.vega = fields_.maybe_double(row, "vegaBS");
  quote.greeks.theta = fields_.maybe_double(row, "thetaBS");
  const Greeks of_coin{.delta = fields_.maybe_double(row, "delta"),
                       .gamma = fields_.maybe_double(row, "gamma"),
                       .vega = fields_.maybe_double(row, "vega"),
                       .theta = fields_.maybe_double(row, "theta")};
  if (of_coin.delta || of_coin.gamma || of_coin.vega || of_coin.theta)
    quote.coin_greeks = std::make_shared<const Greeks>(of_coin);
  quote.mark_iv = vol("markVol");
  quote.bid_iv = vol("bidVol");
  quote.ask_iv = vol("askVol");
  quote.underlying_price = fields_.maybe_double(row, "fwdPx");
  const Instant at = time_of(row);
  if (fields_.ok()) stage_.add<OptionQuote>(of, at) = std::move(quote);
}

// [ts, open, high, low, close, volume in the venue's unit, ..., confirm] of trades, [ts, o, h, l,
// c, confirm] else.
void OkxReader::read_candle(codec::JsonArray& row, const Channel& channel,
                            const Envelope& envelope) {
  std::array<std::string_view, 9> cells;
  size_t count = 0;
  for (auto cell : row) {
    codec::JsonValue value;
    if (cell.get(value) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "broken JSON", "candle");
    const std::string_view text = fields_.text(value, "candle");
    if (!fields_.ok()) return;
    if (count < cells.size()) cells[count] = text;
    ++count;
  }
  if (count < 6) return fields_.fail(Fault::malformed, "fewer than six cells", "candle");
  const auto opened = read_int(cells[0]);
  if (!opened) return fields_.fail(Fault::malformed, "not a whole number", "candle.ts");
  const bool of_trades = channel.price_kind == PriceKind::trade;
  const InstrumentId of =
      channel.price_kind == PriceKind::index ? index({}, envelope) : instrument({}, envelope);
  Candle candle{.price_kind = channel.price_kind};
  candle.from = fields_.from_ms(*opened, "candle.ts");
  const auto to = bar_end(candle.from, envelope.bar);
  if (!to) return fields_.fail(Fault::malformed, "length of the bar unknown", "bar");
  candle.to = *to;
  candle.open = fields_.fixed<Price>(cells[1], "candle.open", Precision::nearest);
  candle.high = fields_.fixed<Price>(cells[2], "candle.high", Precision::nearest);
  candle.low = fields_.fixed<Price>(cells[3], "candle.low", Precision::nearest);
  candle.close = fields_.fixed<Price>(cells[4], "candle.close", Precision::nearest);
  if (of_trades) {
    candle.volume = read_double(cells[5]);
    if (!candle.volume && !cells[5].empty())
      fields_.fail(Fault::malformed, "not a finite number", "candle.volume");
  }
  // Before 2022 there was no confirm: a candle is closed when its time is over.
  const size_t confirm = of_trades ? 8 : 5;
  candle.closed = count > confirm ? cells[confirm] == "1" : received_ >= candle.to;
  // A closed candle is news of its end, an open one of its receipt.
  if (fields_.ok()) stage_.add<Candle>(of, candle.closed ? candle.to : received_) = candle;
}

// Contracts keep their size; where the venue changes one (10 coins to 1), no message says which of
// the quantities before and after are counted in which, so neither size may be taken.
bool OkxReader::changed_size(const Instrument& listed) {
  if (resized_.contains(listed.symbol)) return true;
  const auto known = instruments_.find(listed.venue, listed.symbol, listed.kind);
  const auto before = known ? instruments_[*known].contract_size : std::nullopt;
  // Our table gives way to what the venue says.
  if (!before || before == listed.contract_size ||
      before == okx_instrument(listed.symbol).contract_size)
    return false;
  resized_.insert(listed.symbol);
  return true;
}

void OkxReader::read_listing(codec::JsonObject& row) {
  const std::string_view inst_id = fields_.text(row, "instId");
  fields_.require(!inst_id.empty(), "instId");
  if (!fields_.ok()) return;
  Instrument out = okx_instrument(inst_id);
  const auto text = [&](std::string_view key) {
    return fields_.maybe_text(row, key).value_or(std::string_view());
  };
  if (text("instType") == "EVENTS" || is_okx_event_contract(inst_id)) {
    is_event_contract_ = true;
    return;
  }
  const std::string_view type = text("instType"), contract_type = text("ctType"),
                         size_coin = text("ctValCcy");
  const auto take = [](std::string& into, std::string_view found) {
    if (!found.empty()) into = upper(found);
  };
  if (type == "SPOT" || type == "MARGIN") {
    out.kind = InstrumentKind::spot;
    take(out.base, text("baseCcy"));
    take(out.quote, text("quoteCcy"));
    out.settle = out.quote;
    out.contract_size = Qty::raw(Qty::scale);
  } else {
    if (type == "OPTION") {
      out.kind = InstrumentKind::option;
    } else if (contract_type == "inverse" || contract_type == "linear") {
      out.kind = contract_type == "inverse" ? InstrumentKind::inverse : InstrumentKind::linear;
    }
    take(out.settle, text("settleCcy"));
    const auto value = fields_.maybe<Qty>(row, "ctVal");
    // Swaps and futures are of one ctVal. Options are of a part of it, which nothing else says.
    const auto multiplier = fields_.maybe<Qty>(row, "ctMult");
    const Qty times = multiplier.value_or(Qty::raw(Qty::scale));
    out.contract_size.reset();
    // Only a size in the coin that the kind of contract asks for says what a contract is worth.
    const bool in_its_coin =
        upper(size_coin) == (out.kind == InstrumentKind::inverse ? out.quote : out.base);
    if (value && in_its_coin && (multiplier || type != "OPTION")) {
      const Wide product = static_cast<Wide>(value->raw()) * times.raw();
      const Wide size = product / Qty::scale;
      if (product <= 0 || product % Qty::scale != 0 || size > std::numeric_limits<int64_t>::max())
        fields_.fail(Fault::out_of_range, "ctVal x ctMult", "ctVal");
      else
        out.contract_size = Qty::raw(static_cast<int64_t>(size));
    }
    if (out.contract_size && changed_size(out)) {
      report_part(Fault::no_evidence,
                  "another size than was listed before: which holds when is not known", "ctVal");
      out.contract_size.reset();
    }
    if (const auto expiry = fields_.maybe_ms(row, "expTime"); expiry && type != "SWAP")
      out.expiry = expiry;
    if (text("ruleType") == "xperp") out.expiry.reset();  // listed as a future, pays funding
    if (const auto strike = fields_.maybe<Price>(row, "stk")) out.strike = strike;
    if (const std::string_view option = text("optType"); option == "C" || option == "P")
      out.option_type = option == "C" ? OptionType::call : OptionType::put;
  }
  // A step finer than our scale (KISHU-USDT-SWAP ticked by 1e-11 in 2022) is left out: the contract
  // trades anyway.
  const auto tick = Price::parse(text("tickSz"));
  const auto step = Qty::parse(text("lotSz"));
  out.tick = tick.has_value() ? std::optional(tick.value()) : std::nullopt;
  out.step = step.has_value() ? std::optional(step.value()) : std::nullopt;
  list(std::move(out), received_, text("state"));
}

}  // namespace delever::venues::okx
