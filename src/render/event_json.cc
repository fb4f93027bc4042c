#include "render/event_json.h"

namespace delever::render {

namespace {

template <class Fixed>
void put(Json& json, const char* key, const std::optional<Fixed>& value) {
  if (value) json[key] = value->text();
}
void put(Json& json, const char* key, const std::optional<double>& value) {
  if (value) json[key] = *value;
}
void put(Json& json, const char* key, const std::optional<Instant>& value) {
  if (value) json[key] = value->text();
}
void put(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = value;
}

const char* side_text(Side side) { return side == Side::buy ? "buy" : "sell"; }
const char* side_text(PositionSide side) {
  return side == PositionSide::long_side ? "long" : "short";
}

const char* feed_text(LiquidationFeed feed) {
  switch (feed) {
    case LiquidationFeed::complete:
      return "complete";
    case LiquidationFeed::latest_per_second:
      return "latest_per_second";
    case LiquidationFeed::at_most_one_per_second:
      return "at_most_one_per_second";
    case LiquidationFeed::flagged_trades:
      return "flagged_trades";
    case LiquidationFeed::aggregated:
      return "aggregated";
    case LiquidationFeed::unknown:
      return "unknown";
  }
  check_failed("a LiquidationFeed has a name", __FILE__, __LINE__);
}

const char* funding_text(FundingKind kind) {
  switch (kind) {
    case FundingKind::current:
      return "current";
    case FundingKind::predicted:
      return "predicted";
    case FundingKind::settled:
      return "settled";
    case FundingKind::mean:
      return "mean";
  }
  check_failed("a FundingKind has a name", __FILE__, __LINE__);
}

Json levels_json(const std::vector<Level>& levels) {
  Json out = Json::array();
  for (const Level& level : levels) out.push_back({level.price.text(), level.qty.text()});
  return out;
}

void put_book(Json& json, const std::vector<Level>& bids, const std::vector<Level>& asks,
              const BookSequence& sequence) {
  json["bids"] = levels_json(bids);
  json["asks"] = levels_json(asks);
  if (sequence.first) json["first_id"] = sequence.first;
  if (sequence.last) json["last_id"] = sequence.last;
  if (sequence.previous) json["previous_id"] = *sequence.previous;
  if (sequence.checksum) json["checksum"] = *sequence.checksum;
  if (sequence.chain) json["chain"] = sequence.chain;
}

// One overload a kind: a new kind does not compile until it has one.
struct Writer {
  Json& json;

  void operator()(const Trade& e) const {
    json["price"] = e.price.text();
    json["qty"] = e.qty.text();
    json["taker_side"] = side_text(e.taker_side);
    put(json, "id", e.id);
    put(json, "index_price", e.index_price);
    if (e.aggregated) json["aggregated"] = true;
    if (e.block) json["block"] = true;
  }
  void operator()(const Quote& e) const {
    put(json, "bid_price", e.bid_price);
    put(json, "bid_qty", e.bid_qty);
    put(json, "ask_price", e.ask_price);
    put(json, "ask_qty", e.ask_qty);
    if (e.update_id) json["update_id"] = e.update_id;
  }
  void operator()(const BookSnapshot& e) const {
    put_book(json, e.bids, e.asks, e.sequence);
    if (e.depth) json["depth"] = *e.depth;
  }
  void operator()(const BookDelta& e) const { put_book(json, e.bids, e.asks, e.sequence); }
  void operator()(const Liquidation& e) const {
    json["position_side"] = side_text(e.position_side);
    json["feed"] = feed_text(e.feed);
    put(json, "order_price", e.order_price);
    put(json, "average_price", e.average_price);
    put(json, "order_qty", e.order_qty);
    put(json, "filled_qty", e.filled_qty);
    put(json, "id", e.id);
  }
  void operator()(const LiquidationTotal& e) const {
    json["from"] = e.from.text();
    json["to"] = e.to.text();
    json["long_usd"] = e.long_usd;
    json["short_usd"] = e.short_usd;
    json["feed"] = feed_text(e.feed);
  }
  void operator()(const FundingRate& e) const {
    json["rate"] = e.rate.text();
    json["funding_kind"] = funding_text(e.kind);
    if (e.interval) json["interval_s"] = e.interval->in_seconds();
    put(json, "settles_at", e.settles_at);
    if (e.mean_over) json["mean_over_s"] = e.mean_over->in_seconds();
  }
  void operator()(const MarkPrice& e) const { json["price"] = e.price.text(); }
  void operator()(const IndexPrice& e) const { json["price"] = e.price.text(); }
  void operator()(const OpenInterest& e) const {
    put(json, "contracts", e.contracts);
    put(json, "coins", e.coins);
    put(json, "value_usd", e.value_usd);
  }
  void operator()(const OptionQuote& e) const {
    put(json, "bid_price", e.bid_price);
    put(json, "bid_qty", e.bid_qty);
    put(json, "bid_iv", e.bid_iv);
    put(json, "ask_price", e.ask_price);
    put(json, "ask_qty", e.ask_qty);
    put(json, "ask_iv", e.ask_iv);
    put(json, "mark_price", e.mark_price);
    put(json, "mark_iv", e.mark_iv);
    put(json, "last_price", e.last_price);
    put(json, "underlying", e.underlying);
    put(json, "underlying_price", e.underlying_price);
    put(json, "interest_rate", e.interest_rate);
    put(json, "open_interest", e.open_interest);
    put(json, "volume_24h", e.volume_24h);
    put(json, "delta", e.greeks.delta);
    put(json, "gamma", e.greeks.gamma);
    put(json, "vega", e.greeks.vega);
    put(json, "theta", e.greeks.theta);
    put(json, "rho", e.greeks.rho);
    if (e.coin_greeks) {
      put(json, "coin_delta", e.coin_greeks->delta);
      put(json, "coin_gamma", e.coin_greeks->gamma);
      put(json, "coin_vega", e.coin_greeks->vega);
      put(json, "coin_theta", e.coin_greeks->theta);
    }
  }
  void operator()(const InstrumentListed& e) const { put(json, "status", e.status); }
  void operator()(const Candle& e) const {
    constexpr const char* kinds[] = {"trade", "mark", "index"};
    json["from"] = e.from.text();
    json["to"] = e.to.text();
    json["open"] = e.open.text();
    json["high"] = e.high.text();
    json["low"] = e.low.text();
    json["close"] = e.close.text();
    put(json, "volume", e.volume);
    json["price_kind"] = kinds[static_cast<size_t>(e.price_kind)];
    json["closed"] = e.closed;
  }
  void operator()(const VolIndex& e) const {
    json["index"] = e.index;
    json["value"] = e.value;
    put(json, "open", e.open);
    put(json, "high", e.high);
    put(json, "low", e.low);
  }
  void operator()(const Holding& e) const {
    constexpr const char* kinds[] = {"etf", "treasury", "foundation"};
    json["holder"] = e.holder;
    json["holder_kind"] = kinds[static_cast<size_t>(e.holder_kind)];
    put(json, "coins", e.coins);
    put(json, "value_usd", e.value_usd);
    put(json, "flow_usd", e.flow_usd);
  }
  void operator()(const PublishedFigure& e) const {
    json["metric"] = e.metric;
    json["asset"] = e.asset;
    json["value"] = e.value;
    put(json, "unit", e.unit);
    put(json, "window", e.window);
    put(json, "stated_by", e.stated_by);
    put(json, "url", e.url);
  }
  void operator()(const Gap& e) const {
    json["kind"] = e.kind == GapKind::recorded ? "recorded"
                   : e.kind == GapKind::damage ? "damage"
                                               : "sequence";
    json["from"] = e.from.text();
    json["to"] = e.to.text();
    json["reason"] = e.reason;
    if (e.expected) json["expected"] = *e.expected;
    if (e.received) json["received_id"] = *e.received;
  }
};

}  // namespace

Json event_json(const Event& event, const Instruments& instruments,
                const std::vector<Source>& sources) {
  Json json;
  json["event"] = payload_name(event.payload);
  if (event.instrument < instruments.size()) {
    const Instrument& instrument = instruments[event.instrument];
    json["venue"] = instrument.venue;
    json["symbol"] = instrument.symbol;
    json["instrument"] = instrument.name();
  }
  json["at"] = event.at.text();
  json["received"] = event.received.text();
  if (event.source < sources.size()) json["source"] = sources[event.source].name;
  std::visit(Writer{json}, event.payload);
  return json;
}

}  // namespace delever::render
