#include "python/event_tables.h"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <algorithm>

#include "base/text.h"
#include "python/bindings.h"
#include "python/failure.h"

namespace delever::python {

namespace py = pybind11;

// Puts one event's own fields; a book has a row a level, which is why each may begin a row.
struct EventTables::Row {
  Table& table;
  const Event& event;
  bool exact;
  std::optional<Error>& failed;

  // Every table begins with the same four columns, in this order.
  void begin() const {
    table.begin();
    table.time("at", event.at);
    table.time("received", event.received);
    table.code("instrument", event.instrument == kNoInstrument
                                 ? -1
                                 : static_cast<int32_t>(event.instrument.raw()));
    table.code("source", static_cast<int32_t>(event.source));
  }
  // A number, and beside it the integer that it is exactly.
  template <class T>
  void fixed(const char* name, const char* raw_name, const std::optional<T>& value) const {
    table.number(name, value ? std::optional(value->approx()) : std::nullopt);
    if (exact) table.exact(raw_name, value ? std::optional(units(*value, raw_name)) : std::nullopt);
  }
  template <class T>
  int64_t units(T value, const char*) const {
    return value.raw();
  }
  // The quantities of the cheapest coins pass 64 bits: said, never cut.
  int64_t units(WideQty value, const char* name) const {
    if (const auto narrow = value.narrowed()) return narrow->raw();
    if (!failed)
      failed = Error{Fault::out_of_range,
                     fmt::format("{} of {} does not fit 64 bits of 1e-8: ask with exact=False",
                                 name, value.text()),
                     event.received.text()};
    return kMissing;
  }

  void operator()(const Trade& t) const {
    begin();
    fixed("price", "price_exact", std::optional(t.price));
    fixed("qty", "qty_exact", std::optional(t.qty));
    table.text("taker_side", t.taker_side == Side::buy ? "buy" : "sell");
    table.number("index_price",
                 t.index_price ? std::optional(t.index_price->approx()) : std::nullopt);
    table.exact("id", read_int(t.id));  // of venues that count them
    table.flag("aggregated", t.aggregated);
    table.flag("block", t.block);
  }
  void operator()(const Quote& q) const {
    begin();
    fixed("bid_price", "bid_price_exact", q.bid_price);
    fixed("bid_qty", "bid_qty_exact", q.bid_qty);
    fixed("ask_price", "ask_price_exact", q.ask_price);
    fixed("ask_qty", "ask_qty_exact", q.ask_qty);
  }
  // A row a level; the sequence joins the rows of one message.
  void levels(const std::vector<Level>& levels, const char* side, uint64_t sequence) const {
    for (const Level& level : levels) {
      begin();
      table.text("side", side);
      fixed("price", "price_exact", std::optional(level.price));
      fixed("qty", "qty_exact", std::optional(level.qty));
      table.whole("sequence", static_cast<int64_t>(sequence));
    }
  }
  void operator()(const BookSnapshot& b) const {
    levels(b.bids, "bid", b.sequence.last);
    levels(b.asks, "ask", b.sequence.last);
  }
  void operator()(const BookDelta& b) const {
    levels(b.bids, "bid", b.sequence.last);
    levels(b.asks, "ask", b.sequence.last);
  }
  // price and qty are what gauges use: the fill where it is known, else the order.
  void operator()(const Liquidation& l) const {
    static constexpr const char* feeds[] = {
        "complete",       "latest_per_second", "at_most_one_per_second",
        "flagged_trades", "aggregated",        "unknown"};
    begin();
    table.text("position_side", l.position_side == PositionSide::long_side ? "long" : "short");
    fixed("price", "price_exact", l.price());
    fixed("qty", "qty_exact", l.qty());
    fixed("order_price", "order_price_exact", l.order_price);
    fixed("average_price", "average_price_exact", l.average_price);
    fixed("order_qty", "order_qty_exact", l.order_qty);
    fixed("filled_qty", "filled_qty_exact", l.filled_qty);
    table.text("feed", feeds[static_cast<size_t>(l.feed)]);
  }
  void operator()(const LiquidationTotal& t) const {
    begin();
    table.time("from", t.from);
    table.time("to", t.to);
    table.number("long_usd", t.long_usd);
    table.number("short_usd", t.short_usd);
  }
  // A fraction of notional per interval; positive: longs pay.
  void operator()(const FundingRate& f) const {
    static constexpr const char* kinds[] = {"current", "predicted", "settled", "mean"};
    begin();
    fixed("rate", "rate_exact", std::optional(f.rate));
    table.text("kind", kinds[static_cast<size_t>(f.kind)]);
    table.number("interval_s", f.interval ? std::optional(f.interval->in_seconds()) : std::nullopt);
    table.time("settles_at", f.settles_at);
    table.number("mean_over_s",
                 f.mean_over ? std::optional(f.mean_over->in_seconds()) : std::nullopt);
  }
  void operator()(const MarkPrice& p) const {
    begin();
    fixed("price", "price_exact", std::optional(p.price));
  }
  void operator()(const IndexPrice& p) const {
    begin();
    fixed("price", "price_exact", std::optional(p.price));
  }
  void operator()(const OpenInterest& o) const {
    begin();
    fixed("contracts", "contracts_exact", o.contracts);
    table.number("coins", o.coins);
    table.number("value_usd", o.value_usd);
  }
  // Volatilities and greeks are the venue's own estimates: no exact columns.
  void operator()(const OptionQuote& q) const {
    const auto number = [&](const char* name, const auto& value) {
      table.number(name, value ? std::optional(value->approx()) : std::nullopt);
    };
    begin();
    number("bid_price", q.bid_price);
    number("ask_price", q.ask_price);
    number("mark_price", q.mark_price);
    number("last_price", q.last_price);
    number("bid_qty", q.bid_qty);
    number("ask_qty", q.ask_qty);
    table.number("bid_iv", q.bid_iv);
    table.number("ask_iv", q.ask_iv);
    table.number("mark_iv", q.mark_iv);
    table.number("underlying_price", q.underlying_price);
    table.number("interest_rate", q.interest_rate);
    number("open_interest", q.open_interest);
    table.number("volume_24h", q.volume_24h);
    table.number("delta", q.greeks.delta);
    table.number("gamma", q.greeks.gamma);
    table.number("vega", q.greeks.vega);
    table.number("theta", q.greeks.theta);
    table.number("rho", q.greeks.rho);
  }
  void operator()(const InstrumentListed& i) const {
    begin();
    table.text("status", std::string_view(i.status));
  }
  void operator()(const Candle& c) const {
    static constexpr const char* kinds[] = {"trade", "mark", "index"};
    begin();
    table.time("from", c.from);
    table.time("to", c.to);
    fixed("open", "open_exact", std::optional(c.open));
    fixed("high", "high_exact", std::optional(c.high));
    fixed("low", "low_exact", std::optional(c.low));
    fixed("close", "close_exact", std::optional(c.close));
    table.number("volume", c.volume);
    table.text("price_kind", kinds[static_cast<size_t>(c.price_kind)]);
    table.flag("closed", c.closed);
  }
  void operator()(const VolIndex& v) const {
    begin();
    table.text("index", std::string_view(v.index));
    table.number("value", v.value);
    table.number("open", v.open);
    table.number("high", v.high);
    table.number("low", v.low);
  }
  void operator()(const Holding& h) const {
    static constexpr const char* kinds[] = {"etf", "treasury", "foundation"};
    begin();
    table.text("holder", std::string_view(h.holder));
    table.text("holder_kind", kinds[static_cast<size_t>(h.holder_kind)]);
    table.number("coins", h.coins);
    table.number("value_usd", h.value_usd);
    table.number("flow_usd", h.flow_usd);
  }
  void operator()(const PublishedFigure& f) const {
    begin();
    table.text("metric", std::string_view(f.metric));
    table.text("asset", std::string_view(f.asset));
    table.number("value", f.value);
    table.text("unit", std::string_view(f.unit));
    table.text("window", std::string_view(f.window));
    table.text("stated_by", std::string_view(f.stated_by));
    table.text("url", std::string_view(f.url));
  }
  // A gap is of its stream and may have no instrument: its code is then -1.
  void operator()(const Gap& g) const {
    static constexpr const char* kinds[] = {"recorded", "damage", "sequence"};
    begin();
    table.time("from", g.from);
    table.time("to", g.to);
    table.text("kind", kinds[static_cast<size_t>(g.kind)]);
    table.text("reason", std::string_view(g.reason));
  }
};

namespace {

template <size_t... I>
std::vector<std::string> names_of(std::index_sequence<I...>) {
  return {std::string(payload_name(EventPayload(std::in_place_index<I>)))...};
}

// Columns of a kind that has no event: those of an empty one, without its row.
template <class Visit, size_t... I>
void each_kind(const Visit& visit, std::index_sequence<I...>) {
  (visit(I, EventPayload(std::in_place_index<I>)), ...);
}
using Kinds = std::make_index_sequence<std::variant_size_v<EventPayload>>;

}  // namespace

std::vector<std::string> event_kinds() { return names_of(Kinds()); }

// Each table gets its columns from an empty event, so that a kind that never came has them as well.
EventTables::EventTables(EventsWanted wanted) : wanted_(std::move(wanted)) {
  const std::vector<std::string> names = event_kinds();
  for (size_t i = 0; i < names.size(); ++i)
    wanted_kinds_[i] = wanted_.kinds.empty() || wanted_.kinds.contains(names[i]);
  each_kind(
      [&](size_t i, EventPayload payload) {
        Event event;
        const Level level{};
        if (auto* book = std::get_if<BookSnapshot>(&payload)) book->bids = {level};
        if (auto* book = std::get_if<BookDelta>(&payload)) book->bids = {level};
        std::visit(Row{tables_[i], event, wanted_.exact, failed_}, payload);
        tables_[i].forget_rows();
      },
      Kinds());
}

// A venue may use one symbol for a pair, a contract and an index.
const std::string& EventTables::name_of(InstrumentId id) {
  while (names_.size() <= id) {
    const Instrument& i = replay_->instruments()[static_cast<InstrumentId>(names_.size())];
    std::string name = i.venue + ":" + i.symbol;
    const auto taken = [&] {
      return std::find(names_.begin(), names_.end(), name) != names_.end();
    };
    if (taken()) name += fmt::format(" {}", kind_name(i.kind));
    if (taken()) name += fmt::format(" {}", names_.size());
    names_.push_back(std::move(name));
  }
  return names_[id];
}

bool EventTables::wants(InstrumentId id) {
  if (wanted_.instruments.empty()) return true;
  if (id == kNoInstrument) return false;
  if (id >= wanted_ids_.size()) wanted_ids_.resize(id + size_t{1});
  int8_t& known = wanted_ids_[id];
  if (known == 0) {
    const Instrument& i = replay_->instruments()[id];
    known = wanted_.instruments.contains(i.symbol) || wanted_.instruments.contains(i.name()) ||
                    wanted_.instruments.contains(name_of(id))
                ? 1
                : -1;
  }
  return known > 0;
}

// Looks at Ctrl-C now and then: the lock is taken for it alone.
Result<void> EventTables::read() {
  constexpr uint64_t kLookEvery = 1 << 16;
  replay_ = TRY(feeds::Replay::open(wanted_.tapes, {.from = wanted_.from, .to = wanted_.to}));
  while (TRY(replay_->step(*this))) {
    if (failed_) return *failed_;
    if (replay_->messages() % kLookEvery != 0) continue;
    py::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
  if (failed_) return *failed_;
  return {};
}

// The loop of every reading: two looks, then one row.
void EventTables::on_event(const Event& event) {
  const size_t kind = event.payload.index();
  if (!wanted_kinds_[kind] || !wants(event.instrument)) return;
  std::visit(Row{tables_[kind], event, wanted_.exact, failed_}, event.payload);
}

void EventTables::on_undecoded(const Source& stream, const codec::RawMessage&, const Error& why) {
  ++undecoded_[stream.name + ": " + why.text()];
}

// Tables are given away: a second call has none.
py::dict EventTables::take() {
  const std::vector<std::string> names = event_kinds();
  py::dict tables;
  for (size_t i = 0; i < names.size(); ++i) {
    if (wanted_kinds_[i]) tables[py::str(names[i])] = tables_[i].take();
  }
  py::list instruments, sources;
  for (InstrumentId id = 0; id < replay_->instruments().size(); ++id)
    instruments.append(name_of(id));
  for (const Source& source : replay_->sources()) sources.append(source.name);
  py::dict undecoded;
  for (const auto& [reason, count] : undecoded_) undecoded[py::str(reason)] = count;
  py::dict out;
  out["tables"] = tables;
  out["instruments"] = instruments;
  out["sources"] = sources;
  out["undecoded"] = undecoded;
  return out;
}

void bind_events(py::module_& m) {
  m.def("event_kinds", &event_kinds);
  m.def(
      "read_events",
      [](std::vector<std::string> tapes, const std::set<std::string>& kinds,
         const std::set<std::string>& instruments, int64_t since, int64_t until, bool exact) {
        EventTables tables({.tapes = std::move(tapes),
                            .kinds = {kinds.begin(), kinds.end()},
                            .instruments = {instruments.begin(), instruments.end()},
                            .from = Instant::ns(since),
                            .to = Instant::ns(until),
                            .exact = exact});
        unlocked([&] { return tables.read(); });
        return tables.take();
      },
      py::arg("tapes"), py::arg("kinds"), py::arg("instruments"), py::arg("since"),
      py::arg("until"), py::arg("exact"));
}

}  // namespace delever::python
