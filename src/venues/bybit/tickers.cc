#include "venues/bybit/reader.h"

namespace delever::venues::bybit {
namespace {

// openInterest counts both sides of the market, longs and shorts (v5 docs of the ticker; and in ten
// recordings of 2019 to 2024, of five contracts, it is an even multiple of the step every time).
// Half of it is what others call open interest. Options are not meant: there odd multiples are
// recorded, 29.35 BTC in steps of 0.01.
WideQty half(WideQty both_sides) { return both_sides.half(); }

std::optional<double> half(std::optional<double> both_sides) {
  if (!both_sides) return std::nullopt;
  return *both_sides / 2;
}

constexpr int64_t kHoursMax = 24 * 366;

}  // namespace

Ending BybitReader::read_ticker(codec::JsonObject& message, codec::FlatObject& top) {
  const std::string_view type = top.text("type");
  if (fields_.ok() && type != "snapshot" && type != "delta")
    fields_.fail(Fault::malformed, "neither snapshot nor delta", "type");
  const Instant at = top.ms("ts");
  codec::JsonObject data = codec::child(message, "data", fields_);
  if (!fields_.ok()) return Ending::read;
  row_.read(data);
  const std::string_view symbol = row_.symbol("symbol");
  if (!fields_.ok()) return Ending::read;
  // Tickers of spot pairs alone carry the price of the coin in US dollars, and nothing of a
  // contract.
  const bool spot = row_.has("usdIndexPrice") && !row_.has("markPrice");
  const InstrumentId id =
      instrument(symbol, spot ? std::optional(BybitCategory::spot) : std::nullopt);
  if (instruments_[id].kind == InstrumentKind::option) {
    read_option_ticker(id, at);
  } else {
    read_contract_ticker(id, at, type == "snapshot", true);
  }
  return Ending::read;
}

// Linear, inverse and spot. In a delta an absent field has not changed; an empty one has no value.
void BybitReader::read_contract_ticker(InstrumentId id, Instant at, bool snapshot,
                                       bool keep_state) {
  Ticker ticker;
  if (!snapshot) {
    if (const auto found = tickers_.find(id); found != tickers_.end()) ticker = found->second;
  }
  const bool quoted = row_.has("bid1Price") || row_.has("bid1Size") || row_.has("ask1Price") ||
                      row_.has("ask1Size");
  const auto read_side = [&](std::string_view price_key, std::string_view size_key,
                             std::optional<Price>& price, std::optional<WideQty>& qty,
                             bool& known) {
    if (row_.has(price_key)) price = row_.maybe<Price>(price_key);
    if (row_.has(size_key)) qty = row_.maybe<WideQty>(size_key);
    known = known || snapshot || row_.has(price_key);
    if (price == Price() && qty.value_or(WideQty()) == Qty()) {  // how an empty side is sent
      price.reset();
      qty.reset();
    }
  };
  read_side("bid1Price", "bid1Size", ticker.bid, ticker.bid_qty, ticker.bid_known);
  read_side("ask1Price", "ask1Size", ticker.ask, ticker.ask_qty, ticker.ask_known);
  if (quoted && ticker.bid_known && ticker.ask_known) {
    Quote& quote = stage_.add<Quote>(id, at);
    quote.bid_price = ticker.bid;
    quote.ask_price = ticker.ask;
    if (ticker.bid) quote.bid_qty = ticker.bid_qty;
    if (ticker.ask) quote.ask_qty = ticker.ask_qty;
  }
  if (const auto mark = row_.maybe<Price>("markPrice", Precision::nearest))
    stage_.add<MarkPrice>(id, at).price = *mark;
  if (const auto index = row_.maybe<Price>("indexPrice", Precision::nearest))
    stage_.add<IndexPrice>(id, at).price = *index;

  const auto both = row_.maybe<WideQty>("openInterest", Precision::nearest);
  const auto single = row_.maybe<WideQty>("singleOpenInterest", Precision::nearest);
  if (single)
    ticker.open_interest.contracts = single;
  else if (both)
    ticker.open_interest.contracts = half(*both);
  const auto single_value = row_.maybe_double("singleOpenInterestValue");
  const auto value = single_value ? single_value : half(row_.maybe_double("openInterestValue"));
  if (value) {  // coins for inverse contracts, quote money for linear ones
    const bool inverse = instruments_[id].kind == InstrumentKind::inverse;
    (inverse ? ticker.open_interest.coins : ticker.open_interest.value_usd) = value;
  }
  if ((both || single || value) && ticker.open_interest.contracts) {
    stage_.add<OpenInterest>(id, at) = ticker.open_interest;
  }

  const bool funded =
      row_.has("fundingRate") || row_.has("nextFundingTime") || row_.has("fundingIntervalHour");
  if (row_.has("fundingRate")) ticker.rate = row_.maybe<Rate>("fundingRate", Precision::nearest);
  if (row_.has("nextFundingTime")) ticker.next_funding = row_.maybe_ms("nextFundingTime");
  if (const auto hours = row_.maybe_integer("fundingIntervalHour")) {
    if (*hours <= 0 || *hours > kHoursMax) {
      fields_.fail(Fault::malformed, "not a number of hours", "fundingIntervalHour");
    } else {
      ticker.funding_interval = Duration::hours(*hours);
    }
  }
  if (!fields_.ok()) return;
  if (funded) stage_funding(id, at, ticker);
  if (keep_state) tickers_[id] = ticker;
}

void BybitReader::stage_funding(InstrumentId id, Instant at, const Ticker& ticker) {
  if (!ticker.rate) return;
  FundingRate funding{
      .rate = *ticker.rate, .interval = ticker.funding_interval, .settles_at = ticker.next_funding};
  stage_.add<FundingRate>(id, at) = funding;
  if (!ticker.predicted) return;
  funding.kind = FundingKind::predicted;
  funding.rate = *ticker.predicted;
  funding.settles_at.reset();
  stage_.add<FundingRate>(id, at) = funding;
}

// Always whole. Field names differ between the stream (bidPrice, markPriceIv) and REST (bid1Price,
// markIv). Volatilities are fractions. A side without orders is sent as zeros.
void BybitReader::read_option_ticker(InstrumentId id, Instant at) {
  const bool rest = row_.has("bid1Price") || row_.has("ask1Price");
  const auto read_side = [&](std::string_view price_key, std::string_view size_key,
                             std::string_view iv_key, std::optional<Price>& price,
                             std::optional<WideQty>& qty, std::optional<double>& iv) {
    const auto sent = row_.maybe<Price>(price_key);
    const auto size = row_.maybe<WideQty>(size_key);
    const auto volatility = row_.maybe_double(iv_key);
    if (!sent || size == WideQty() || (*sent == Price() && !size)) return;
    price = sent;
    qty = size;
    if (volatility != 0.0) iv = volatility;
  };
  OptionQuote& quote = stage_.add<OptionQuote>(id, at);
  read_side(rest ? "bid1Price" : "bidPrice", rest ? "bid1Size" : "bidSize",
            rest ? "bid1Iv" : "bidIv", quote.bid_price, quote.bid_qty, quote.bid_iv);
  read_side(rest ? "ask1Price" : "askPrice", rest ? "ask1Size" : "askSize",
            rest ? "ask1Iv" : "askIv", quote.ask_price, quote.ask_qty, quote.ask_iv);
  quote.mark_price = row_.maybe<Price>("markPrice", Precision::nearest);
  quote.mark_iv = row_.maybe_double(rest ? "markIv" : "markPriceIv");
  if (quote.mark_iv == 0.0) quote.mark_iv.reset();  // could not be computed
  quote.last_price = row_.maybe<Price>("lastPrice");
  if (quote.last_price == Price()) quote.last_price.reset();  // never traded
  quote.underlying_price = row_.maybe_double("underlyingPrice");
  quote.open_interest = row_.maybe<WideQty>("openInterest", Precision::nearest);
  quote.volume_24h = row_.maybe_double("volume24h");
  quote.greeks = {.delta = row_.maybe_double("delta"),
                  .gamma = row_.maybe_double("gamma"),
                  .vega = row_.maybe_double("vega"),
                  .theta = row_.maybe_double("theta")};
  const auto index = row_.maybe<Price>("indexPrice", Precision::nearest);
  if (fields_.ok() && index) stage_.add<IndexPrice>(index_of(instruments_[id]), at).price = *index;
}

// Options of one coin share an index; as an instrument it goes by the pair it is named after on
// Bybit: BTCUSD, BTCUSDT.
InstrumentId BybitReader::index_of(const Instrument& option) {
  const std::string base = option.base, quote = option.quote == "USDC" ? "USD" : option.quote;
  return instruments_.intern("bybit", base + quote, InstrumentKind::index, [&] {
    return Instrument{.venue = "bybit",
                      .symbol = base + quote,
                      .kind = InstrumentKind::index,
                      .base = base,
                      .quote = quote,
                      .settle = quote};
  });
}

}  // namespace delever::venues::bybit
