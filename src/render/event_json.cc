#include "render/event_json.h"

#include "market/event_names.h"

namespace delever::render {

namespace {

// The members of one object, in the order in which they are put. Their names are plain text.
class Members {
 public:
  explicit Members(TextBuffer& out) : out_(out) {}

  template <class T>
  void put(std::string_view name, const T& value) {
    out_.put(comma_ ? std::string_view(",\"") : std::string_view("{\""));
    comma_ = true;
    out_.put(name);
    out_.put("\":");
    put_value(value);
  }
  template <class T>
  // What an event does not say is absent, never null or 0.
  void put(std::string_view name, const std::optional<T>& value) {
    if (value) put(name, *value);
  }
  // An empty text says nothing.
  void put_said(std::string_view name, const std::string& text) {
    if (!text.empty()) put(name, std::string_view(text));
  }
  template <class T>
  // Numbers of books: 0 is what a venue without them has.
  void put_not_zero(std::string_view name, T number) {
    if (number) put(name, number);
  }
  // Flags that are nearly always off.
  void put_true(std::string_view name, bool value) {
    if (value) put(name, true);
  }

 private:
  void put_value(bool value) { out_.put(std::string_view(value ? "true" : "false")); }
  void put_value(double value) { out_.put_json(value); }
  template <std::integral T>
  void put_value(T value) {
    out_.put(value);
  }
  void put_value(std::string_view text) { out_.put_json(text); }
  void put_value(const char* text) { out_.put_json(std::string_view(text)); }
  template <class Exact>
  // Exact types are texts with their own digits: a JSON number would pass through a double in the
  // reader.
  requires requires(const Exact& e) { e.text(); }
  void put_value(const Exact& value) {
    out_.put('"');
    out_.put(value);
    out_.put('"');
  }
  static constexpr size_t kAround = 8;  // of a level, beside its two numbers
  template <size_t kSize>
  static char* with(char* to, const char (&text)[kSize]) {
    std::memcpy(to, text, kSize - 1);
    return to + kSize - 1;
  }
  void put_value(const std::vector<Level>& levels) {
    char before = '[';
    for (const Level& level : levels) {
      out_.put_by(2 * kDecimalTextMax + kAround, [&](char* to) {
        *to = before;
        to = put_decimal(with(to + 1, "[\""), level.price);
        return with(put_decimal(with(to, "\",\""), level.qty), "\"]");
      });
      before = ',';
    }
    out_.put(levels.empty() ? std::string_view("[]") : std::string_view("]"));
  }

  TextBuffer& out_;
  bool comma_ = false;
};

// One overload a kind: a new kind does not compile until it has one.
struct EventWriter {
  Members& json;

  void put_book(const std::vector<Level>& bids, const std::vector<Level>& asks,
                const BookSequence& sequence) const {
    json.put("bids", bids);
    json.put("asks", asks);
    json.put_not_zero("first_id", sequence.first);
    json.put_not_zero("last_id", sequence.last);
    json.put("previous_id", sequence.previous);
    json.put("checksum", sequence.checksum);
    json.put_not_zero("chain", sequence.chain);
  }

  void operator()(const Trade& e) const {
    json.put("price", e.price);
    json.put("qty", e.qty);
    json.put("taker_side", name_of(e.taker_side));
    json.put_said("id", e.id);
    json.put("index_price", e.index_price);
    json.put_true("aggregated", e.aggregated);
    json.put_true("block", e.block);
  }
  void operator()(const Quote& e) const {
    json.put("bid_price", e.bid_price);
    json.put("bid_qty", e.bid_qty);
    json.put("ask_price", e.ask_price);
    json.put("ask_qty", e.ask_qty);
    json.put_not_zero("update_id", e.update_id);
  }
  // depth: how many levels the venue shows; what lies beyond them is not known to be empty.
  void operator()(const BookSnapshot& e) const {
    put_book(e.bids, e.asks, e.sequence);
    json.put("depth", e.depth);
  }
  void operator()(const BookDelta& e) const { put_book(e.bids, e.asks, e.sequence); }
  void operator()(const Liquidation& e) const {
    json.put("position_side", name_of(e.position_side));
    json.put("feed", name_of(e.feed));
    json.put("order_price", e.order_price);
    json.put("average_price", e.average_price);
    json.put("order_qty", e.order_qty);
    json.put("filled_qty", e.filled_qty);
    json.put_said("id", e.id);
  }
  void operator()(const LiquidationTotal& e) const {
    json.put("from", e.from);
    json.put("to", e.to);
    json.put("long_usd", e.long_usd);
    json.put("short_usd", e.short_usd);
    json.put("feed", name_of(e.feed));
  }
  void operator()(const FundingRate& e) const {
    json.put("rate", e.rate);
    json.put("funding_kind", name_of(e.kind));
    if (e.interval) json.put("interval_s", e.interval->in_seconds());
    json.put("settles_at", e.settles_at);
    if (e.mean_over) json.put("mean_over_s", e.mean_over->in_seconds());
  }
  void operator()(const MarkPrice& e) const { json.put("price", e.price); }
  void operator()(const IndexPrice& e) const { json.put("price", e.price); }
  // Contracts exactly as counted; coins and dollars where the venue says them, as doubles.
  void operator()(const OpenInterest& e) const {
    json.put("contracts", e.contracts);
    json.put("coins", e.coins);
    json.put("value_usd", e.value_usd);
  }
  void operator()(const OptionQuote& e) const {
    json.put("bid_price", e.bid_price);
    json.put("bid_qty", e.bid_qty);
    json.put("bid_iv", e.bid_iv);
    json.put("ask_price", e.ask_price);
    json.put("ask_qty", e.ask_qty);
    json.put("ask_iv", e.ask_iv);
    json.put("mark_price", e.mark_price);
    json.put("mark_iv", e.mark_iv);
    json.put("last_price", e.last_price);
    json.put_said("underlying", e.underlying);
    json.put("underlying_price", e.underlying_price);
    json.put("interest_rate", e.interest_rate);
    json.put("open_interest", e.open_interest);
    json.put("volume_24h", e.volume_24h);
    json.put("delta", e.greeks.delta);
    json.put("gamma", e.greeks.gamma);
    json.put("vega", e.greeks.vega);
    json.put("theta", e.greeks.theta);
    json.put("rho", e.greeks.rho);
    if (e.coin_greeks) {
      json.put("coin_delta", e.coin_greeks->delta);
      json.put("coin_gamma", e.coin_greeks->gamma);
      json.put("coin_vega", e.coin_greeks->vega);
      json.put("coin_theta", e.coin_greeks->theta);
    }
  }
  void operator()(const InstrumentListed& e) const { json.put_said("status", e.status); }
  void operator()(const Candle& e) const {
    json.put("from", e.from);
    json.put("to", e.to);
    json.put("open", e.open);
    json.put("high", e.high);
    json.put("low", e.low);
    json.put("close", e.close);
    json.put("volume", e.volume);
    json.put("price_kind", name_of(e.price_kind));
    json.put("closed", e.closed);
  }
  void operator()(const VolIndex& e) const {
    json.put("index", std::string_view(e.index));
    json.put("value", e.value);
    json.put("open", e.open);
    json.put("high", e.high);
    json.put("low", e.low);
  }
  void operator()(const Holding& e) const {
    json.put("holder", std::string_view(e.holder));
    json.put("holder_kind", name_of(e.holder_kind));
    json.put("coins", e.coins);
    json.put("value_usd", e.value_usd);
    json.put("flow_usd", e.flow_usd);
  }
  void operator()(const PublishedFigure& e) const {
    json.put("metric", std::string_view(e.metric));
    json.put("asset", std::string_view(e.asset));
    json.put("value", e.value);
    json.put_said("unit", e.unit);
    json.put_said("window", e.window);
    json.put_said("stated_by", e.stated_by);
    json.put_said("url", e.url);
  }
  void operator()(const Gap& e) const {
    json.put("kind", name_of(e.kind));
    json.put("from", e.from);
    json.put("to", e.to);
    json.put("reason", std::string_view(e.reason));
    json.put("expected", e.expected);
    json.put("received_id", e.received);
  }
};

// What Instrument::name() and the members below are made of.
bool same_names(const Instrument& a, const Instrument& b) {
  return a.venue == b.venue && a.symbol == b.symbol && a.kind == b.kind && a.base == b.base &&
         a.quote == b.quote && a.settle == b.settle && a.expiry == b.expiry &&
         a.strike == b.strike && a.option_type == b.option_type;
}

// Of an instrument of the table: "," and its members.
void put_names(TextBuffer& out, const Instrument& instrument) {
  out.put(",\"venue\":");
  out.put_json(std::string_view(instrument.venue));
  out.put(",\"symbol\":");
  out.put_json(std::string_view(instrument.symbol));
  out.put(",\"instrument\":");
  out.put_json(std::string_view(instrument.name()));
}

void put_source(TextBuffer& out, const Source& source) {
  out.put(",\"source\":");
  out.put_json(std::string_view(source.name));
}

// `names` and `source` put their members, or nothing.
template <class Names, class SourceName>
void put_event(TextBuffer& out, const Event& event, Names names, SourceName source) {
  Members json(out);
  json.put("event", payload_name(event.payload));
  names();
  json.put("at", event.at);
  json.put("received", event.received);
  source();
  std::visit(EventWriter{json}, event.payload);
  out.put('}');
}

}  // namespace

// A gap of a whole stream is of no instrument.
void put_event_json(TextBuffer& out, const Event& event, const Instruments& instruments,
                    const std::vector<Source>& sources) {
  put_event(
      out, event,
      [&] {
        if (event.instrument < instruments.size()) put_names(out, instruments[event.instrument]);
      },
      [&] {
        if (event.source < sources.size()) put_source(out, sources[event.source]);
      });
}

void EventJson::put(TextBuffer& out, const Event& event) {
  if (names_.size() < instruments_.size()) names_.resize(instruments_.size());
  if (source_names_.size() < sources_.size()) source_names_.resize(sources_.size());
  put_event(
      out, event,
      [&] {
        if (event.instrument >= names_.size()) return;
        Names& known = names_[event.instrument];
        const Instrument& now = instruments_[event.instrument];
        if (known.text.view().empty() || !same_names(known.of, now)) {
          known.of = now;
          known.text.clear();
          put_names(known.text, now);
        }
        out.put(known.text.view());
      },
      [&] {
        if (event.source >= source_names_.size()) return;
        TextBuffer& known = source_names_[event.source];
        if (known.view().empty()) put_source(known, sources_[event.source]);
        out.put(known.view());
      });
}

}  // namespace delever::render
