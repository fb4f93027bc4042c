#include "memory/event_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace delever::memory {
namespace {

// Columns that every event has; those of a kind follow, kColumns a kind.
enum Common : size_t {
  kSpeaker,
  kKind,
  kInstrument,
  kSource,
  kReceived,
  kUnit,
  kEscape,
  kText,
  kTextBytes,
  kReal,
  kFirst
};
constexpr size_t kColumns = 40;
// The last of them are of every kind: a trade has its own nanosecond, a mark nearly always the
// second's, and side by side each would spoil the other's codes.
enum OfKind : size_t { kAt = 32, kAtRest, kOrdinal, kHeard };
constexpr uint64_t kMs = 1'000'000;
// A time this far behind the newest one is of another clock, or that one was.
constexpr int64_t kFarBehindNs = 600'000'000'000;
constexpr double kDigits = 1e6;

template <class T>
uint64_t bit_of(const std::optional<T>& value, int bit) {
  return value ? uint64_t{1} << bit : 0;
}

}  // namespace

// Who speaks, and what of: told once, then by its number. A kind or an instrument that cannot be
// ends the reading.
template <class Io>
auto EventColumns<Io>::past(Event& event) -> Past& {
  uint64_t number = 0, kind = event.payload.index(), instrument = event.instrument;
  if constexpr (Io::kReads) {
    number = io_.number(kSpeaker);
    if (number < pasts_.size()) return pasts_[number];
    kind = io_.number(kKind);
    instrument = io_.number(kInstrument);
    const bool sane = number == pasts_.size() && kind < std::variant_size_v<EventPayload> &&
                      (instrument < (1u << 26) || instrument == kNoInstrument);
    if (!sane) {
      kind = 1;
      instrument = kNoInstrument;
      io_.bytes(kKind, SIZE_MAX);  // from here on it has failed
    }
  } else {
    if (event.instrument != kNoInstrument && numbers_.size() <= event.instrument)
      numbers_.resize(event.instrument + 1);
    uint32_t& mine =
        (event.instrument == kNoInstrument ? of_streams_ : numbers_[event.instrument])[kind];
    const bool unknown = mine == 0;
    if (unknown) mine = static_cast<uint32_t>(pasts_.size() + 1);
    number = mine - 1;
    io_.number(kSpeaker, number);
    if (!unknown) return pasts_[number];
    io_.number(kKind, kind);
    io_.number(kInstrument, instrument);
  }
  Past& fresh = pasts_.emplace_back();
  fresh.instrument = InstrumentId(static_cast<uint32_t>(instrument));
  fresh.kind = kind;
  fresh.teller = teller_of(fresh.instrument);
  fresh.at_ns = tellers_[fresh.teller].newest_ns;
  return fresh;
}

// What has said nothing yet begins where the one before it is.
template <class Io>
size_t EventColumns<Io>::teller_of(InstrumentId instrument) {
  const auto found = std::find_if(tellers_.rbegin(), tellers_.rend(), [&](const Teller& teller) {
    return teller.instrument == instrument;
  });
  if (found != tellers_.rend()) return static_cast<size_t>(tellers_.rend() - found) - 1;
  tellers_.push_back(
      {.instrument = instrument, .newest_ns = tellers_.empty() ? 0 : tellers_.back().newest_ns});
  return tellers_.size() - 1;
}

template <class Io>
void EventColumns<Io>::whole(size_t column, uint64_t& value) {
  if constexpr (Io::kReads)
    value = io_.number(column);
  else
    io_.number(column, value);
}

template <class Io>
template <class T>
void EventColumns<Io>::small(size_t column, T& value) {
  auto number = static_cast<uint64_t>(value);
  whole(base_ + column, number);
  value = static_cast<T>(number);
}

// Eight bytes as they are, for what no difference makes smaller.
template <class Io>
void EventColumns<Io>::word(size_t column, uint64_t& value) {
  if constexpr (Io::kReads) {
    const std::string_view bytes = io_.bytes(column, sizeof value);
    value = 0;
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  } else {
    io_.bytes(column, {reinterpret_cast<const char*>(&value), sizeof value});
  }
}

// In steps of a power of ten, which becomes finer as the instrument's numbers do. 0: a whole word
// follows; 1: a finer step follows; else the difference.
template <class Io>
void EventColumns<Io>::fixed(size_t column, int64_t& raw, Value& before, bool against_last) {
  column += base_;
  constexpr uint64_t kMost = UINT64_MAX - 2;
  if constexpr (Io::kReads) {
    uint64_t code = io_.number(column);
    if (code == 1) {
      uint64_t steps = io_.number(kUnit);
      for (; steps > 0 && before.unit > 1; --steps) before.unit /= 10;
      code = io_.number(column);
    }
    if (code == 0) {
      uint64_t bits = 0;
      word(kEscape, bits);
      raw = static_cast<int64_t>(bits);
    } else {
      const int64_t base = against_last ? before.last / before.unit : 0;
      const int64_t steps = wrapped_sum(base, unfolded(code - 2));
      raw = static_cast<int64_t>(static_cast<uint64_t>(steps) * static_cast<uint64_t>(before.unit));
    }
  } else {
    uint64_t steps = 0;
    for (; raw % before.unit != 0; ++steps) before.unit /= 10;
    if (steps > 0) {
      io_.number(column, 1);
      io_.number(kUnit, steps);
    }
    const int64_t base = against_last ? before.last / before.unit : 0;
    const uint64_t code = folded(wrapped_difference(raw / before.unit, base));
    if (code >= kMost) {
      io_.number(column, 0);
      auto bits = static_cast<uint64_t>(raw);
      word(kEscape, bits);
    } else {
      io_.number(column, code + 2);
    }
  }
  before.last = raw;
}

// Prices move by a few ticks.
template <class Io>
void EventColumns<Io>::price(size_t n, Price& price) {
  int64_t raw = price.raw();
  fixed(n, raw, now_->values[n], true);
  price = Price::raw(raw);
}

// Several venues publish one index: a price that somebody told a moment ago is told by its place
// among those.
template <class Io>
void EventColumns<Io>::heard(size_t n, Price& price) {
  uint64_t place = 0;
  if constexpr (!Io::kReads) {
    const auto found = std::find(heard_.begin(), heard_.end(), price.raw());
    place = found == heard_.end() ? 0 : static_cast<uint64_t>(found - heard_.begin()) + 1;
  }
  whole(base_ + kHeard, place);
  if (place == 0 || place > heard_.size()) {
    this->price(n, price);
    place = heard_.size();
  } else {
    price = Price::raw(heard_[place - 1]);
    now_->values[n].last = price.raw();
  }
  const auto first = heard_.begin();
  std::rotate(first, first + static_cast<long>(place - 1), first + static_cast<long>(place));
  heard_[0] = price.raw();
}

// Some are a price that stood in a book, others a mean with all the digits there are: each kind has
// steps of its own, so that the first need not be told in the steps of the others.
template <class Io>
void EventColumns<Io>::reckoned(size_t n, Price& price) {
  constexpr int64_t kBookStep = Price::scale / 10'000;
  int64_t raw = price.raw();
  uint64_t fine = raw % kBookStep != 0;
  whole(base_ + n + 2, fine);
  Value& value = now_->values[n + (fine != 0)];
  const int64_t traded = tellers_[now_->teller].traded;
  value.last = fine != 0 || traded == 0 ? now_->numbers[n] : traded;
  fixed(n + (fine != 0), raw, value, true);
  now_->numbers[n] = raw;
  price = Price::raw(raw);
}

// Beyond 64 bits: its low half is told as any quantity, the high half beside. What grows by little
// (open interest) goes against the last.
template <class Io>
void EventColumns<Io>::quantity(size_t n, WideQty& qty, Against against) {
  const Wide before = qty.raw();
  auto low = static_cast<int64_t>(static_cast<uint64_t>(before));
  fixed(n, low, now_->values[n], against == Against::last);
  auto high = static_cast<int64_t>((before - low) >> 64);
  uint64_t code = folded(high);
  whole(base_ + n + kValues, code);
  high = unfolded(code);
  qty = WideQty::raw(static_cast<Wide>(high) * (static_cast<Wide>(1) << 64) + low);
}

// What was written with six digits or fewer is a whole number of millionths, and the division gives
// the same double back.
template <class Io>
void EventColumns<Io>::real(size_t n, double& value) {
  int64_t& last = now_->numbers[n % now_->numbers.size()];
  const size_t column = base_ + n;
  if constexpr (Io::kReads) {
    const uint64_t code = io_.number(column);
    if (code == 0) {
      uint64_t bits = 0;
      word(kReal, bits);
      value = std::bit_cast<double>(bits);
      return;
    }
    last = wrapped_sum(last, unfolded(code - 1));
    value = static_cast<double>(last) / kDigits;
  } else {
    const double scaled = value * kDigits;
    if (std::fabs(scaled) < 1e15) {
      const int64_t number = std::llround(scaled);
      if (std::bit_cast<uint64_t>(static_cast<double>(number) / kDigits) ==
          std::bit_cast<uint64_t>(value)) {
        io_.number(column, folded(number - last) + 1);
        last = number;
        return;
      }
    }
    io_.number(column, 0);
    auto bits = std::bit_cast<uint64_t>(value);
    word(kReal, bits);
  }
}

// Each text once, then by its number.
template <class Io>
void EventColumns<Io>::text(size_t column, std::string& text) {
  column += base_;
  if constexpr (Io::kReads) {
    const uint64_t number = io_.number(column);
    if (number < by_number_.size()) {
      text = by_number_[number];
      return;
    }
    text = io_.bytes(kTextBytes, io_.number(kText));
    by_number_.push_back(text);
  } else {
    const auto [at, fresh] = words_.try_emplace(text, words_.size());
    io_.number(column, at->second);
    if (!fresh) return;
    io_.number(kText, text.size());
    io_.bytes(kTextBytes, text);
  }
}

// A time near another one of the event.
template <class Io>
void EventColumns<Io>::time(size_t column, Instant& time, Instant near) {
  uint64_t code = folded(wrapped_difference(time.ns(), near.ns()));
  whole(base_ + column, code);
  time = Instant::ns(wrapped_sum(near.ns(), unfolded(code)));
}

// Which of the optional fields are there, and the flags, in one number.
template <class Io>
uint64_t EventColumns<Io>::mask(size_t column, uint64_t bits) {
  whole(base_ + column, bits);
  return bits;
}

template <class Io>
template <class T, class Field>
void EventColumns<Io>::maybe(uint64_t mask, int bit, std::optional<T>& value, Field field) {
  if (!(mask >> bit & 1)) {
    value.reset();
    return;
  }
  if (!value) value.emplace();
  field(*value);
}

// The kinds, one after another: the order of the calls is the format, and it is the build's own.
// Two fields of one kind never share a column, nor a place among the values remembered.
template <class Io>
void EventColumns<Io>::fields(Trade& p) {
  const uint64_t bits =
      mask(0, static_cast<uint64_t>(p.taker_side == Side::sell) | (p.id.empty() ? 0u : 2u) |
                  (p.aggregated ? 4u : 0u) | (p.block ? 8u : 0u) | bit_of(p.index_price, 4));
  p.taker_side = bits & 1 ? Side::sell : Side::buy;
  p.aggregated = bits & 4;
  p.block = bits & 8;
  if (bits & 2)
    text(3, p.id);
  else
    p.id.clear();
  price(1, p.price);
  tellers_[now_->teller].traded = p.price.raw();
  quantity(2, p.qty);
  maybe(bits, 4, p.index_price, [&](Price& x) { price(4, x); });
}

template <class Io>
void EventColumns<Io>::fields(Liquidation& p) {
  const uint64_t bits = mask(0, static_cast<uint64_t>(p.position_side == PositionSide::short_side) |
                                    bit_of(p.order_price, 1) | bit_of(p.average_price, 2) |
                                    bit_of(p.order_qty, 3) | bit_of(p.filled_qty, 4));
  p.position_side = bits & 1 ? PositionSide::short_side : PositionSide::long_side;
  small(16, p.feed);
  maybe(bits, 1, p.order_price, [&](Price& x) { price(1, x); });
  maybe(bits, 2, p.average_price, [&](Price& x) { price(2, x); });
  maybe(bits, 3, p.order_qty, [&](WideQty& x) { quantity(3, x); });
  maybe(bits, 4, p.filled_qty, [&](WideQty& x) { quantity(4, x); });
  text(17, p.id);
  // Which message shows a liquidation decides whether it counts; few, so that it is told even where
  // the messages tell it as well.
  time(18, event_->received, event_->at);
}

template <class Io>
void EventColumns<Io>::fields(LiquidationTotal& p) {
  time(0, p.from, event_->at);
  time(1, p.to, event_->at);
  real(2, p.long_usd);
  real(3, p.short_usd);
  small(4, p.feed);
}

// Intervals and settlements repeat for hours: against the last they are nothing.
template <class Io>
void EventColumns<Io>::fields(FundingRate& p) {
  const uint64_t bits =
      mask(0, bit_of(p.interval, 0) | bit_of(p.settles_at, 1) | bit_of(p.mean_over, 2));
  small(16, p.kind);
  int64_t raw = p.rate.raw();
  fixed(1, raw, now_->values[1], true);
  p.rate = Rate::raw(raw);
  const auto span = [&](size_t n) {
    return [this, n](Duration& d) {
      int64_t ns = d.ns();
      fixed(n, ns, now_->values[n], true);
      d = Duration::ns(ns);
    };
  };
  maybe(bits, 0, p.interval, span(2));
  maybe(bits, 2, p.mean_over, span(3));
  maybe(bits, 1, p.settles_at, [&](Instant& t) {
    int64_t ns = t.ns();
    fixed(4, ns, now_->values[4], true);
    t = Instant::ns(ns);
  });
}

template <class Io>
void EventColumns<Io>::fields(MarkPrice& p) {
  reckoned(0, p.price);
}
template <class Io>
void EventColumns<Io>::fields(IndexPrice& p) {
  heard(0, p.price);
}

template <class Io>
void EventColumns<Io>::fields(OpenInterest& p) {
  const uint64_t bits =
      mask(0, bit_of(p.contracts, 0) | bit_of(p.coins, 1) | bit_of(p.value_usd, 2));
  maybe(bits, 0, p.contracts, [&](WideQty& x) { quantity(1, x, Against::last); });
  maybe(bits, 1, p.coins, [&](double& x) { real(2, x); });
  maybe(bits, 2, p.value_usd, [&](double& x) { real(3, x); });
}

template <class Io>
void EventColumns<Io>::greeks(uint64_t bits, int first, Greeks& g, size_t n) {
  std::optional<double>* const all[] = {&g.delta, &g.gamma, &g.vega, &g.theta, &g.rho};
  for (std::optional<double>* one : all) {
    maybe(bits, first++, *one, [&](double& x) { real(n, x); });
    ++n;
  }
}

// Twenty-four fields that may be missing; the greeks in the coin are shared by pointer, and are
// read into one of their own.
template <class Io>
void EventColumns<Io>::fields(OptionQuote& p) {
  const auto of_greeks = [](const Greeks& g, int first) {
    return bit_of(g.delta, first) | bit_of(g.gamma, first + 1) | bit_of(g.vega, first + 2) |
           bit_of(g.theta, first + 3) | bit_of(g.rho, first + 4);
  };
  const uint64_t bits =
      mask(0, bit_of(p.bid_price, 0) | bit_of(p.ask_price, 1) | bit_of(p.mark_price, 2) |
                  bit_of(p.last_price, 3) | bit_of(p.bid_qty, 4) | bit_of(p.ask_qty, 5) |
                  bit_of(p.bid_iv, 6) | bit_of(p.ask_iv, 7) | bit_of(p.mark_iv, 8) |
                  bit_of(p.underlying_price, 9) | bit_of(p.interest_rate, 10) |
                  bit_of(p.open_interest, 11) | bit_of(p.volume_24h, 12) | of_greeks(p.greeks, 13) |
                  (p.coin_greeks ? uint64_t{1} << 18 | of_greeks(*p.coin_greeks, 19) : 0));
  maybe(bits, 0, p.bid_price, [&](Price& x) { price(1, x); });
  maybe(bits, 1, p.ask_price, [&](Price& x) { price(2, x); });
  maybe(bits, 2, p.mark_price, [&](Price& x) { price(3, x); });
  maybe(bits, 3, p.last_price, [&](Price& x) { price(4, x); });
  maybe(bits, 4, p.bid_qty, [&](WideQty& x) { quantity(5, x); });
  maybe(bits, 5, p.ask_qty, [&](WideQty& x) { quantity(6, x); });
  maybe(bits, 11, p.open_interest, [&](WideQty& x) { quantity(7, x, Against::last); });
  maybe(bits, 6, p.bid_iv, [&](double& x) { real(16, x); });
  maybe(bits, 7, p.ask_iv, [&](double& x) { real(17, x); });
  maybe(bits, 8, p.mark_iv, [&](double& x) { real(18, x); });
  maybe(bits, 9, p.underlying_price, [&](double& x) { real(19, x); });
  maybe(bits, 10, p.interest_rate, [&](double& x) { real(20, x); });
  maybe(bits, 12, p.volume_24h, [&](double& x) { real(21, x); });
  greeks(bits, 13, p.greeks, 22);
  p.coin_greeks = bits >> 18 & 1 ? p.coin_greeks : nullptr;
  if (bits >> 18 & 1) {
    Greeks own = p.coin_greeks ? *p.coin_greeks : Greeks{};
    greeks(bits, 19, own, 27);
    if constexpr (Io::kReads) p.coin_greeks = std::make_shared<const Greeks>(own);
  }
  text(8, p.underlying);
}

template <class Io>
void EventColumns<Io>::fields(InstrumentListed& p) {
  text(0, p.status);
}

template <class Io>
void EventColumns<Io>::fields(Candle& p) {
  const uint64_t bits = mask(0, bit_of(p.volume, 0) | (p.closed ? 2u : 0u));
  p.closed = bits & 2;
  time(16, p.from, event_->at);
  time(17, p.to, event_->at);
  price(1, p.open);
  price(2, p.high);
  price(3, p.low);
  price(4, p.close);
  maybe(bits, 0, p.volume, [&](double& x) { real(18, x); });
  small(19, p.price_kind);
}

template <class Io>
void EventColumns<Io>::fields(Holding& p) {
  const uint64_t bits =
      mask(0, bit_of(p.coins, 0) | bit_of(p.value_usd, 1) | bit_of(p.flow_usd, 2));
  text(1, p.holder);
  small(2, p.holder_kind);
  maybe(bits, 0, p.coins, [&](double& x) { real(3, x); });
  maybe(bits, 1, p.value_usd, [&](double& x) { real(4, x); });
  maybe(bits, 2, p.flow_usd, [&](double& x) { real(5, x); });
}

template <class Io>
void EventColumns<Io>::fields(PublishedFigure& p) {
  text(0, p.metric);
  text(1, p.asset);
  text(2, p.unit);
  text(3, p.window);
  text(4, p.stated_by);
  text(5, p.url);
  real(6, p.value);
}

// A gap that ends later than the question is cut by recall.cc.
template <class Io>
void EventColumns<Io>::fields(Gap& p) {
  const uint64_t bits = mask(0, bit_of(p.expected, 0) | bit_of(p.received, 1));
  time(1, p.from, event_->at);
  time(2, p.to, event_->at);
  text(3, p.reason);
  maybe(bits, 0, p.expected, [&](uint64_t& x) { whole(base_ + 4, x); });
  maybe(bits, 1, p.received, [&](uint64_t& x) { whole(base_ + 5, x); });
  small(6, p.kind);
}

// An event is read into again and again: its payload is replaced only where the kind differs.
template <class Io>
template <size_t I>
void EventColumns<Io>::make(size_t kind, EventPayload& payload) {
  if constexpr (I < std::variant_size_v<EventPayload>) {
    if (kind == I) {
      if (payload.index() != I) payload.template emplace<I>();
      return;
    }
    make<I + 1>(kind, payload);
  }
}

// An order that meets several others gives trades of one time, and what a venue publishes at once
// has one time as well, after the trades that led to it: the last of the speaker's own (0), the
// newest (1), or how far it is from that: trades from their instrument's, all else from what any
// instrument was told of but trades. Venues stamp whole milliseconds: what is finer has a column of
// its own.
template <class Io>
void EventColumns<Io>::stamped(Instant& at) {
  int64_t& of_instrument = tellers_[now_->teller].newest_ns;
  const bool is_trade = std::holds_alternative<Trade>(event_->payload);
  const int64_t near_ns = is_trade ? of_instrument : told_ns_;
  const int64_t near_ms = Instant::ns(near_ns).ms();
  uint64_t code = 0, rest = 0;
  int64_t ns = at.ns();
  if constexpr (!Io::kReads) {
    if (ns == now_->at_ns) {
      code = 0;
    } else if (ns == near_ns) {
      code = 1;
    } else {
      const int64_t ms = at.ms();
      rest = static_cast<uint64_t>(ns) - static_cast<uint64_t>(ms) * kMs;
      code = (folded(wrapped_difference(ms, near_ms)) << 1 | (rest != 0 ? 1u : 0u)) + 2;
    }
  }
  whole(base_ + kAt, code);
  if (code > 1 && (code - 2) % 2 != 0) whole(base_ + kAtRest, rest);
  if constexpr (Io::kReads) {
    if (code < 2) {
      ns = code == 0 ? now_->at_ns : near_ns;
    } else {
      const auto ms = static_cast<uint64_t>(wrapped_sum(near_ms, unfolded((code - 2) >> 1)));
      ns = static_cast<int64_t>(ms * kMs + rest);
    }
    at = Instant::ns(ns);
  }
  now_->at_ns = ns;
  const auto newer = [&](int64_t newest) {
    return ns > newest || wrapped_difference(newest, ns) > kFarBehindNs;
  };
  if (newer(of_instrument)) of_instrument = ns;
  if (!is_trade && newer(told_ns_)) told_ns_ = ns;
}

template <class Io>
void EventColumns<Io>::speaker(Event& event) {
  now_ = &past(event);
  kind_ = now_->kind;
  base_ = kFirst + kind_ * kColumns;
  event_ = &event;
}

template <class Io>
void EventColumns<Io>::event(Event& event) {
  speaker(event);
  said(event);
}

template <class Io>
void EventColumns<Io>::event(uint64_t& ordinal, Event& event) {
  speaker(event);
  uint64_t step = ordinal - ordinal_;
  whole(base_ + kOrdinal, step);
  ordinal = ordinal_ + step;
  ordinal_ = ordinal;
  said(event);
}

template <class Io>
void EventColumns<Io>::said(Event& event) {
  if constexpr (Io::kReads) {
    event.instrument = now_->instrument;
    make(kind_, event.payload);
  }
  uint64_t source = folded(static_cast<int64_t>(event.source) - static_cast<int64_t>(now_->source));
  whole(kSource, source);
  event.source = static_cast<SourceId>(static_cast<int64_t>(now_->source) + unfolded(source));
  now_->source = event.source;
  stamped(event.at);
  std::visit([this](auto& payload) { this->fields(payload); }, event.payload);
}

template <class Io>
void EventColumns<Io>::received(Event& event, Instant expected) {
  uint64_t code = folded(wrapped_difference(event.received.ns(), expected.ns()));
  whole(kReceived, code);
  event.received = Instant::ns(wrapped_sum(expected.ns(), unfolded(code)));
}

template class EventColumns<ColumnWriter>;
template class EventColumns<ColumnReader>;

}  // namespace delever::memory
