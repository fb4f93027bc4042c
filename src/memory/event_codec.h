// Events in columns, each field against what its instrument said last. Of events that say nothing
// to gauges but that somebody spoke (quotes, books) only this is kept: they come back as a Quote
// without sides. Everything else comes back field for field.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "market/event.h"
#include "memory/columns.h"

namespace delever::memory {

// What is the same for writing and reading: the fields of each kind in one list (event_codec.cc).
template <class Io>
class EventColumns {
 public:
  explicit EventColumns(Io io) : io_(std::move(io)) {}

  // `ordinal`: the number of the event among all of its segment; only grows. `expected`: when it
  // was received, as far as the reader will know; the same on both sides.
  void event(uint64_t& ordinal, Event& event);
  void event(Event& event);  // its place is kept elsewhere
  void received(Event& event, Instant expected);

  Io& io() { return io_; }

 private:
  static constexpr size_t kValues = 8;
  struct Value {
    int64_t last = 0, unit = 10'000'000'000;
  };
  // What an instrument said last in one kind: numbers are written against it.
  struct Past {
    InstrumentId instrument{};
    size_t kind = 0;
    SourceId source = 0;
    size_t teller = 0;  // in tellers_: its instrument
    int64_t at_ns = 0;
    std::array<Value, kValues> values{};
    std::array<int64_t, 16> numbers{};
  };
  Past& past(Event& event);
  void speaker(Event& event);
  void said(Event& event);
  void stamped(Instant& at);

  // Each with the column of the field; `n` is its place among the values remembered.
  void whole(size_t column, uint64_t& value);
  template <class T>
  void small(size_t column, T& value);
  void word(size_t column, uint64_t& value);
  void fixed(size_t column, int64_t& raw, Value& before, bool against_last);
  void price(size_t n, Price& price);
  void heard(size_t n, Price& price);
  void reckoned(size_t n, Price& price);
  enum class Against : uint8_t { nothing, last };
  void quantity(size_t n, WideQty& qty, Against against = Against::nothing);
  void real(size_t n, double& value);
  void text(size_t column, std::string& text);
  void time(size_t column, Instant& time, Instant near);
  template <class T, class Field>
  void maybe(uint64_t mask, int bit, std::optional<T>& value, Field field);

  void fields(Trade& p);
  void fields(Liquidation& p);
  void fields(LiquidationTotal& p);
  void fields(FundingRate& p);
  void fields(MarkPrice& p);
  void fields(IndexPrice& p);
  void fields(OpenInterest& p);
  void fields(OptionQuote& p);
  void fields(InstrumentListed& p);
  void fields(Candle& p);
  void fields(Holding& p);
  void fields(PublishedFigure& p);
  void fields(Gap& p);
  void fields(Quote& p) { whole(base_, p.update_id); }
  void fields(BookSnapshot&) { CHECK(false); }
  void fields(BookDelta&) { CHECK(false); }
  void fields(VolIndex&) { CHECK(false); }
  uint64_t mask(size_t column, uint64_t bits);
  void greeks(uint64_t bits, int first, Greeks& greeks, size_t n);

  template <size_t I = 0>
  void make(size_t kind, EventPayload& payload);

  Io io_;
  uint64_t ordinal_ = 0;
  InstrumentId instrument_{};
  size_t kind_ = 0, base_ = 0;
  Past* now_ = nullptr;
  Event* event_ = nullptr;
  std::array<int64_t, 8> heard_{};  // indices told last, the newest first
  struct Teller {                   // an instrument, or the streams
    InstrumentId instrument{};
    int64_t newest_ns = 0;  // the newest time that it said anything of
    int64_t traded = 0;     // the price of its last trade
  };
  std::vector<Teller> tellers_;
  int64_t told_ns_ = 0;  // the newest time of anything but a trade
  size_t teller_of(InstrumentId instrument);
  std::vector<Past> pasts_;  // in the order in which they spoke first: their numbers
  // Writing: by instrument and kind its number and 1; streams have an array of their own.
  using Numbers = std::array<uint32_t, std::variant_size_v<EventPayload>>;
  std::vector<Numbers> numbers_;
  Numbers of_streams_{};
  std::map<std::string, uint64_t, std::less<>> words_;
  std::vector<std::string> by_number_;
};

extern template class EventColumns<ColumnWriter>;
extern template class EventColumns<ColumnReader>;

}  // namespace delever::memory
