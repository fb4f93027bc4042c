// An event as rows of a table, one table a kind: which columns there are, in which order, and what
// is in them. Python's columns and a warehouse's tables have them from here.
//
// A Table has begin(), and for each field, in the same order in every row: time(name, when),
// number(name, double), exact(name, int64), whole(name, int64), flag(name, bool), text(name, text)
// and code(name, int32) for "instrument" (InstrumentId) and "source" (SourceId). Times, numbers,
// exact integers and texts may be missing.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "market/event.h"
#include "market/event_names.h"

namespace delever::feeds {

// Of an exact integer that does not fit, or was not said: numpy's NaT.
inline constexpr int64_t kMissingInteger = std::numeric_limits<int64_t>::min();

// Puts one event's own fields; a book has a row a level, which is why each may begin a row.
template <class Table>
struct EventRow {
  Table& table;
  const Event& event;
  bool exact;                    // with the columns of exact integers
  std::optional<Error>& failed;  // what did not fit

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
  void fixed(const char* name, const char* raw_name, const T& value) const {
    table.number(name, value.approx());
    if (exact) table.exact(raw_name, units(value, raw_name));
  }
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
    return kMissingInteger;
  }

  void operator()(const Trade& t) const {
    begin();
    fixed("price", "price_exact", t.price);
    fixed("qty", "qty_exact", t.qty);
    table.text("taker_side", name_of(t.taker_side));
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
      fixed("price", "price_exact", level.price);
      fixed("qty", "qty_exact", level.qty);
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
    begin();
    table.text("position_side", name_of(l.position_side));
    fixed("price", "price_exact", l.price());
    fixed("qty", "qty_exact", l.qty());
    fixed("order_price", "order_price_exact", l.order_price);
    fixed("average_price", "average_price_exact", l.average_price);
    fixed("order_qty", "order_qty_exact", l.order_qty);
    fixed("filled_qty", "filled_qty_exact", l.filled_qty);
    table.text("feed", name_of(l.feed));
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
    begin();
    fixed("rate", "rate_exact", f.rate);
    table.text("kind", name_of(f.kind));
    table.number("interval_s", f.interval ? std::optional(f.interval->in_seconds()) : std::nullopt);
    table.time("settles_at", f.settles_at);
    table.number("mean_over_s",
                 f.mean_over ? std::optional(f.mean_over->in_seconds()) : std::nullopt);
  }
  void operator()(const MarkPrice& p) const {
    begin();
    fixed("price", "price_exact", p.price);
  }
  void operator()(const IndexPrice& p) const {
    begin();
    fixed("price", "price_exact", p.price);
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
    begin();
    table.time("from", c.from);
    table.time("to", c.to);
    fixed("open", "open_exact", c.open);
    fixed("high", "high_exact", c.high);
    fixed("low", "low_exact", c.low);
    fixed("close", "close_exact", c.close);
    table.number("volume", c.volume);
    table.text("price_kind", name_of(c.price_kind));
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
    begin();
    table.text("holder", std::string_view(h.holder));
    table.text("holder_kind", name_of(h.holder_kind));
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
    begin();
    table.time("from", g.from);
    table.time("to", g.to);
    table.text("kind", name_of(g.kind));
    table.text("reason", std::string_view(g.reason));
  }
};

// visit(i, payload) for every kind, with an empty event that has the rows a real one has.
template <class Visit>
void each_event_kind(const Visit& visit) {
  [&]<size_t... I>(std::index_sequence<I...>) {
    const auto one = [&](size_t i, EventPayload payload) {
      if (auto* snapshot = std::get_if<BookSnapshot>(&payload)) snapshot->bids = {Level{}};
      if (auto* delta = std::get_if<BookDelta>(&payload)) delta->bids = {Level{}};
      visit(i, payload);
    };
    (one(I, EventPayload(std::in_place_index<I>)), ...);
  }(std::make_index_sequence<std::variant_size_v<EventPayload>>());
}

}  // namespace delever::feeds
