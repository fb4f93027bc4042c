#include "venues/deribit/reader.h"

namespace delever::venues::deribit {

void DeribitReader::read_side(std::string_view price_key, std::string_view qty_key,
                              std::optional<Price>& price, std::optional<WideQty>& qty) {
  price = row_.maybe<Price>(price_key);
  if (!qty_key.empty()) qty = row_.maybe<WideQty>(qty_key);
  if (qty == WideQty() || (price == Price() && !qty)) {
    price.reset();
    qty.reset();
  }
}

std::optional<double> DeribitReader::percent(codec::FlatObject& object, std::string_view key) {
  const auto value = object.maybe_double(key);
  if (!value) return std::nullopt;
  return *value / 100.0;
}

// ticker.{instrument}.{interval}, and the answer to `ticker`; get_order_book brings the same
// fields.
Ending DeribitReader::read_ticker(codec::JsonObject& data) {
  const Instant at = row_.ms("timestamp");
  const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
  if (!fields_.ok()) return Ending::read;
  if (!id) return skip("combination");
  if (instruments_[*id].kind == InstrumentKind::option) {
    read_option(&data, *id, at);
  } else {
    read_future(*id, at, false);
  }
  return Ending::read;
}

// incremental_ticker.{instrument}: a whole ticker, then the fields that changed. What an absent
// field was is known for the quotes of futures alone; options send again what counts in `ticker`.
Ending DeribitReader::read_incremental_ticker(codec::JsonObject& data) {
  const std::string_view type = row_.text("type");
  const Instant at = row_.ms("timestamp");
  const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
  if (fields_.ok() && type != "snapshot" && type != "change")
    fields_.fail(Fault::malformed, "neither snapshot nor change", "type");
  if (!fields_.ok()) return Ending::read;
  if (!id) return skip("combination");
  if (instruments_[*id].kind == InstrumentKind::option) {
    if (type == "change") return skip("incremental_ticker, change of an option");
    read_option(&data, *id, at);
    return Ending::read;
  }
  Quote quote;
  if (const auto before = quotes_.find(*id); type == "change" && before != quotes_.end())
    quote = before->second;
  const bool quoted = row_.has("best_bid_price") || row_.has("best_bid_amount") ||
                      row_.has("best_ask_price") || row_.has("best_ask_amount");
  const auto merge = [&](std::string_view price_key, std::string_view qty_key,
                         std::optional<Price>& price, std::optional<WideQty>& qty) {
    if (row_.has(price_key)) price = row_.maybe<Price>(price_key);
    if (row_.has(qty_key)) qty = row_.maybe<WideQty>(qty_key);
  };
  merge("best_bid_price", "best_bid_amount", quote.bid_price, quote.bid_qty);
  merge("best_ask_price", "best_ask_amount", quote.ask_price, quote.ask_qty);
  const bool known = type == "snapshot" || quotes_.contains(*id);
  if (quoted && known) stage_.add<Quote>(*id, at) = quote;
  read_future_prices(*id, at);
  if (fields_.ok() && known) quotes_[*id] = quote;
  return Ending::read;
}

// A row of "get_book_summary_by_currency", the source of whole option chains. No sizes, no greeks;
// anything may be null.
Ending DeribitReader::read_summary_row() {
  const Instant at = row_.ms("creation_timestamp");
  const auto id = instrument(row_.symbol("instrument_name"), "instrument_name");
  if (!fields_.ok() || !id) return Ending::read;
  if (instruments_[*id].kind == InstrumentKind::option) {
    read_option(nullptr, *id, at);
  } else {
    read_future(*id, at, true);
  }
  return Ending::read;
}

// Prices in the coin of settlement, volatilities in per cent. `data` holds stats and greeks; a
// summary has none.
void DeribitReader::read_option(codec::JsonObject* data, InstrumentId id, Instant at) {
  OptionQuote& quote = stage_.add<OptionQuote>(id, at);
  read_side(data ? "best_bid_price" : "bid_price", data ? "best_bid_amount" : "", quote.bid_price,
            quote.bid_qty);
  read_side(data ? "best_ask_price" : "ask_price", data ? "best_ask_amount" : "", quote.ask_price,
            quote.ask_qty);
  // Without an order there is no volatility of one: 0 and 500 are sent then.
  if (quote.bid_price) quote.bid_iv = percent(row_, "bid_iv");
  if (quote.ask_price) quote.ask_iv = percent(row_, "ask_iv");
  quote.mark_price = row_.maybe<Price>("mark_price", Precision::nearest);
  quote.mark_iv = percent(row_, "mark_iv");
  if (quote.mark_iv == 0.0) quote.mark_iv.reset();  // could not be computed
  quote.last_price = row_.maybe<Price>(data ? "last_price" : "last");
  quote.underlying_price = row_.maybe_double("underlying_price");
  quote.underlying = row_.maybe_text("underlying_index").value_or("");
  quote.interest_rate = row_.maybe_double("interest_rate");
  quote.open_interest = row_.maybe<WideQty>("open_interest", Precision::nearest);
  if (!data) {
    quote.volume_24h = row_.maybe_double("volume");
    return;
  }
  if (row_.is_object("greeks")) {
    codec::JsonObject greeks = codec::child(*data, "greeks", fields_);
    if (fields_.ok()) nested_.read(greeks);
    quote.greeks = {.delta = nested_.maybe_double("delta"),
                    .gamma = nested_.maybe_double("gamma"),
                    .vega = nested_.maybe_double("vega"),
                    .theta = nested_.maybe_double("theta"),
                    .rho = nested_.maybe_double("rho")};
  }
  if (row_.is_object("stats")) {
    codec::JsonObject stats = codec::child(*data, "stats", fields_);
    if (fields_.ok()) nested_.read(stats);
    quote.volume_24h = nested_.maybe_double("volume");
  }
  if (const auto price = row_.maybe<Price>("index_price", Precision::nearest);
      fields_.ok() && price)
    stage_.add<IndexPrice>(index_of(instruments_[id]), at).price = *price;
}

void DeribitReader::read_future(InstrumentId id, Instant at, bool summary) {
  Quote quote;
  read_side(summary ? "bid_price" : "best_bid_price", summary ? "" : "best_bid_amount",
            quote.bid_price, quote.bid_qty);
  read_side(summary ? "ask_price" : "best_ask_price", summary ? "" : "best_ask_amount",
            quote.ask_price, quote.ask_qty);
  stage_.add<Quote>(id, at) = quote;
  read_future_prices(id, at);
}

void DeribitReader::read_future_prices(InstrumentId id, Instant at) {
  if (const auto mark = row_.maybe<Price>("mark_price", Precision::nearest))
    stage_.add<MarkPrice>(id, at).price = *mark;
  if (const auto index = row_.maybe<Price>("index_price", Precision::nearest))
    stage_.add<IndexPrice>(id, at).price = *index;
  if (const auto contracts = row_.maybe<WideQty>("open_interest", Precision::nearest);
      contracts && instruments_[id].kind != InstrumentKind::spot)
    stage_.add<OpenInterest>(id, at).contracts = contracts;
  stage_funding(id, at);
}

// Funding accrues continuously. Both rates are for eight hours: the one accruing now, and what the
// last eight hours came to, which is the mean of the first over them.
void DeribitReader::stage_funding(InstrumentId id, Instant at) {
  const Duration eight_hours = Duration::hours(8);
  if (const auto now = row_.maybe<Rate>("current_funding", Precision::nearest))
    stage_.add<FundingRate>(id, at) = {.rate = *now, .interval = eight_hours};
  if (const auto past = row_.maybe<Rate>("funding_8h", Precision::nearest))
    stage_.add<FundingRate>(id, at) = {.rate = *past,
                                       .kind = FundingKind::mean,
                                       .interval = eight_hours,
                                       .settles_at = at,
                                       .mean_over = eight_hours};
}

}  // namespace delever::venues::deribit
