#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "codec/channels.h"
#include "codec/message_loop.h"
#include "venues/deribit/reader.h"

namespace delever::venues {
namespace deribit {
namespace {

// Known channels without an event of ours.
constexpr std::array<std::string_view, 9> kDeribitNoEvent{"announcements",
                                                          "block_rfq",
                                                          "block_trade_confirmations",
                                                          "chart",
                                                          "deribit_price_ranking",
                                                          "deribit_price_statistics",
                                                          "estimated_expiration_price",
                                                          "rfq",
                                                          "user"};

// "BTC-FS-30SEP22_PERP": a coin, then letters that are neither PERPETUAL nor a date.
bool is_combination(std::string_view name) {
  const auto parts = split(name, '-');
  return parts.size() >= 3 && !parts[1].empty() && parts[1][0] >= 'A' && parts[1][0] <= 'Z';
}

}  // namespace

DeribitReader::DeribitReader(const codec::StreamSettings& settings, Instruments& instruments)
    : FlatReader(instruments), request_(codec::RestRequest::parse(setting(settings, "request"))) {}

Ending DeribitReader::read(codec::JsonObject& message, codec::FlatObject& top) {
  if (const auto method = top.maybe_text("method")) {
    if (*method == "subscription") return read_subscription(message);
    if (*method == "heartbeat" || method->starts_with("public/") || method->starts_with("private/"))
      return Ending::control;  // the latter are what a client sent
    channel_ = *method;
    return Ending::unknown;
  }
  if (!fields_.ok()) return Ending::read;
  if (top.has("result") || top.has("error")) return read_answer(message, top);
  channel_ = "(neither method nor result)";
  return Ending::unknown;
}

std::optional<InstrumentId> DeribitReader::instrument(std::string_view name, std::string_view key) {
  if (!fields_.ok()) return std::nullopt;
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  std::optional<InstrumentId> id;
  if (auto parsed = deribit_instrument(name)) {
    const InstrumentKind kind = parsed->kind;
    id = instruments_.intern("deribit", name, kind, [&] { return std::move(*parsed); });
  } else if (!is_combination(name)) {
    fields_.fail(Fault::malformed, "not an instrument of Deribit", key);
    return std::nullopt;
  }
  known_.emplace(name, id);
  return id;
}

std::optional<InstrumentId> DeribitReader::index(std::string_view name, std::string_view key) {
  if (!fields_.ok()) return std::nullopt;
  auto parsed = deribit_index(name);
  if (!parsed) {
    fields_.fail(Fault::malformed, "not an index of Deribit", key);
    return std::nullopt;
  }
  return instruments_.intern("deribit", name, InstrumentKind::index,
                             [&] { return std::move(*parsed); });
}

// The index that an option settles on: btc_usd, sol_usdc.
InstrumentId DeribitReader::index_of(const Instrument& option) {
  auto made = deribit_index(lower(option.base) + "_" + lower(option.quote));
  CHECK(made.has_value());
  return instruments_.intern("deribit", made->symbol, InstrumentKind::index,
                             [&] { return std::move(*made); });
}

Ending DeribitReader::read_subscription(codec::JsonObject& message) {
  codec::JsonObject params = codec::child(message, "params", fields_);
  if (!fields_.ok()) return Ending::read;
  row_.read(params);
  const std::string_view channel = row_.text("channel");
  if (!fields_.ok()) return Ending::read;
  const Parts parts = split(channel, '.');
  const std::string_view name = parts[0];
  channel_ = name;
  if (std::find(kDeribitNoEvent.begin(), kDeribitNoEvent.end(), name) != kDeribitNoEvent.end())
    return Ending::no_event;
  if (name == "trades") return read_trades(params, "data");
  if (name == "markprice" && parts.size() > 1 && parts[1] == "options")
    return read_option_marks(params);
  constexpr std::array<std::string_view, 9> objects{"book",
                                                    "ticker",
                                                    "incremental_ticker",
                                                    "quote",
                                                    "perpetual",
                                                    "platform_state",
                                                    "instrument",
                                                    "deribit_price_index",
                                                    "deribit_volatility_index"};
  if (std::find(objects.begin(), objects.end(), name) == objects.end()) return Ending::unknown;
  codec::JsonObject data = codec::child(params, "data", fields_);
  if (!fields_.ok()) return Ending::read;
  row_.read(data);
  if (!fields_.ok()) return Ending::read;
  if (name == "book") return read_book(data, parts);
  if (name == "ticker") return read_ticker(data);
  if (name == "incremental_ticker") return read_incremental_ticker(data);
  if (name == "quote") return read_quote();
  if (name == "platform_state") return read_platform_state();
  if (name == "instrument") return read_instrument_state();
  if (name == "perpetual") return read_perpetual(parts.size() > 1 ? parts[1] : std::string_view());
  if (name == "deribit_price_index") return read_index_price();
  return read_volatility_index();
}

// book.{instrument}.{interval}: a snapshot, then changes.
// book.{instrument}.{group}.{depth}.{interval}: the best levels each time, which are no true levels
// when they are grouped.
Ending DeribitReader::read_book(codec::JsonObject& data, const Parts& channel) {
  const Instant at = row_.ms("timestamp");
  const uint64_t change = row_.count("change_id");
  const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
  if (!fields_.ok()) return Ending::read;
  if (!id) return skip("combination");
  if (channel.size() >= 5) {
    if (channel[2] != "none") return skip("book, grouped");
    BookSnapshot& book = stage_.add<BookSnapshot>(*id, at);
    book.sequence.last = change;
    const auto depth = read_int(channel[3]);
    if (!depth || *depth <= 0 || *depth > 10'000)
      fields_.fail(Fault::malformed, "not a depth", "channel");
    else
      book.depth = static_cast<uint32_t>(*depth);
    if (fields_.ok()) read_levels(data, "bids", book.bids);
    if (fields_.ok()) read_levels(data, "asks", book.asks);
    return Ending::read;
  }
  // Before 2020 there was no type; the first message then has no predecessor. A change whose
  // predecessor is 0 is the first one of a new instrument.
  const std::string_view type = row_.maybe_text("type").value_or("");
  const bool has_previous = row_.maybe_text("prev_change_id").has_value();
  const uint64_t previous = has_previous ? row_.count("prev_change_id") : 0;
  if (fields_.ok() && !type.empty() && type != "snapshot" && type != "change")
    fields_.fail(Fault::malformed, "neither snapshot nor change", "type");
  if (!fields_.ok()) return Ending::read;
  // Each interval joins its own changes: prev_change_id of 100ms is not the change_id that raw sent
  // before it.
  const std::string_view interval = channel.size() > 2 ? channel[2] : std::string_view();
  const auto fill = [&](auto& book) {
    book.sequence.last = change;
    book.sequence.chain = interval == "raw"     ? 1
                          : interval == "100ms" ? 2
                          : interval == "agg2"  ? 3
                                                : 0;
    read_levels(data, "bids", book.bids, true);
    if (fields_.ok()) read_levels(data, "asks", book.asks, true);
  };
  if (type == "snapshot" || previous == 0) {
    fill(stage_.add<BookSnapshot>(*id, at));
  } else {
    BookDelta& book = stage_.add<BookDelta>(*id, at);
    book.sequence.previous = previous;
    fill(book);
  }
  return Ending::read;
}

Ending DeribitReader::read_trades(codec::JsonObject& holder, std::string_view key) {
  codec::each_row(holder, key, row_, [&](codec::JsonObject&) { read_trade(); });
  return Ending::read;
}

void DeribitReader::read_trade() {
  const Instant at = row_.ms("timestamp");
  const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
  if (!fields_.ok() || !id) return;  // trades of a combination are sent again, leg by leg
  const std::string_view direction = row_.text("direction");
  if (fields_.ok() && direction != "buy" && direction != "sell")
    fields_.fail(Fault::malformed, "neither buy nor sell", "direction");
  Trade& trade = stage_.add<Trade>(*id, at);
  trade.taker_side = direction == "sell" ? Side::sell : Side::buy;
  trade.price = row_.fixed<Price>("price");
  trade.qty = row_.fixed<WideQty>("amount");
  trade.id = row_.text("trade_id");
  trade.index_price = row_.maybe<Price>("index_price", Precision::nearest);
  trade.block = row_.maybe_text("block_trade_id").has_value();
  if (const auto flag = row_.maybe_text("liquidation"); fields_.ok() && flag)
    stage_liquidations(*id, at, trade, *flag);
}

// T: the taker was liquidated, M: the maker, MT: both, each at the other's side. Who sells under
// force held a long.
void DeribitReader::stage_liquidations(InstrumentId id, Instant at, const Trade& trade,
                                       std::string_view flag) {
  const bool taker = flag == "T" || flag == "MT" || flag == "TM";
  const bool maker = flag == "M" || flag == "MT" || flag == "TM";
  if (!taker && !maker) {
    if (flag != "none") fields_.fail(Fault::malformed, "neither T, M nor MT", "liquidation");
    return;
  }
  const LiquidationFeed feed = codec::liquidation_feed("deribit", "trades", at);
  const auto add = [&](bool sells, std::string_view mark) {
    Liquidation& liquidation = stage_.add<Liquidation>(id, at);
    liquidation.position_side = sells ? PositionSide::long_side : PositionSide::short_side;
    liquidation.feed = feed;
    liquidation.average_price = trade.price;
    liquidation.filled_qty = trade.qty;
    liquidation.id = trade.id;
    if (taker && maker) liquidation.id += mark;  // two of one trade: neither is a copy of the other
  };
  const bool taker_sells = trade.taker_side == Side::sell;
  if (taker) add(taker_sells, ":T");
  if (maker) add(!taker_sells, ":M");
}

Ending DeribitReader::read_quote() {
  const Instant at = row_.ms("timestamp");
  const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
  if (!fields_.ok()) return Ending::read;
  if (!id) return skip("combination");
  Quote& quote = stage_.add<Quote>(*id, at);
  read_side("best_bid_price", "best_bid_amount", quote.bid_price, quote.bid_qty);
  read_side("best_ask_price", "best_ask_amount", quote.ask_price, quote.ask_qty);
  return Ending::read;
}

// {"price_index":"btc_usd","locked":true}, {"allow_unauthenticated_public_requests":false}: from
// here on data that was asked for does not come.
Ending DeribitReader::read_platform_state() {
  if (row_.maybe_bool("locked") == true)
    return refuse("the platform is locked: " +
                  std::string(row_.maybe_text("price_index").value_or("all")));
  if (row_.maybe_bool("allow_unauthenticated_public_requests") == false)
    return refuse("public methods want a login");
  return Ending::no_event;
}

// "instrument.state.{kind}.{currency}": created, started, settled, closed ...
Ending DeribitReader::read_instrument_state() {
  const Instant at = row_.ms("timestamp");
  const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
  const std::string_view state = row_.text("state");
  if (!fields_.ok()) return Ending::read;
  if (!id) return skip("combination");
  stage_.add<InstrumentListed>(*id, at).status = state;
  return Ending::read;
}

// Funding accrues every millisecond; Deribit states it as a rate for eight hours.
Ending DeribitReader::read_perpetual(std::string_view instrument_name) {
  const Instant at = row_.ms("timestamp");
  const auto id = instrument(instrument_name, "channel");
  if (!fields_.ok()) return Ending::read;
  if (!id) return skip("combination");
  stage_.add<FundingRate>(*id, at) = {.rate = row_.fixed<Rate>("interest", Precision::nearest),
                                      .interval = Duration::hours(8)};
  if (const auto price = row_.maybe<Price>("index_price", Precision::nearest))
    stage_.add<IndexPrice>(*id, at).price = *price;
  return Ending::read;
}

Ending DeribitReader::read_index_price() {
  const Instant at = row_.ms("timestamp");
  const auto id = index(row_.symbol("index_name"), "index_name");
  if (id) stage_.add<IndexPrice>(*id, at).price = row_.fixed<Price>("price", Precision::nearest);
  return Ending::read;
}

Ending DeribitReader::read_volatility_index() {
  const Instant at = row_.ms("timestamp");
  const auto id = index(row_.symbol("index_name"), "index_name");
  const auto value = percent(row_, "volatility");
  if (fields_.ok() && !value) fields_.fail(Fault::malformed, "missing", "volatility");
  if (!fields_.ok()) return Ending::read;
  VolIndex& published = stage_.add<VolIndex>(*id, at);
  published.index = "DVOL";
  published.value = *value;
  return Ending::read;
}

// Here volatility is a fraction, where tickers send per cent.
Ending DeribitReader::read_option_marks(codec::JsonObject& params) {
  codec::each_row(params, "data", row_, [&](codec::JsonObject&) {
    const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
    if (!fields_.ok() || !id) return;
    const auto sent = row_.maybe_ms("timestamp");
    OptionQuote& quote = stage_.add<OptionQuote>(*id, sent ? *sent : received_);
    quote.mark_price = row_.fixed<Price>("mark_price", Precision::nearest);
    quote.mark_iv = row_.maybe_double("iv");
    if (quote.mark_iv == 0.0) quote.mark_iv.reset();  // could not be computed
  });
  return Ending::read;
}

}  // namespace deribit

Result<std::unique_ptr<codec::Decoder>> make_deribit_decoder(const codec::StreamSettings& settings,
                                                             Instruments& instruments,
                                                             SourceId source) {
  return codec::make_message_loop<deribit::DeribitReader>(source, settings, instruments);
}

}  // namespace delever::venues
