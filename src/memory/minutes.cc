#include "memory/minutes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>

#include "memory/columns.h"
#include "memory/event_codec.h"

namespace delever::memory {
namespace {

enum MinuteColumn : size_t {
  kWhich,
  kHas,
  kLeaderKind,
  kLeaderLast,
  kFirstAt,
  kFirstReading,
  kLastPrice,
  kReading,
  kMinuteStep,
  kShape,
  kBucket,
  kMarkAt,
  kTradeAt,
  kInterestAt,
  kReals  // from here on, two for each kind of number
};
enum MinuteReal : size_t { kBuys, kSells, kTraded, kLow, kHigh, kLast, kInterest };
// What there is of an instrument, and of a minute.
constexpr uint64_t kHasFirst = 1, kHasReading = 2, kHasPrice = 4;
constexpr uint64_t kMarks = 1, kTrades = 2, kOpen = 4, kOneBucket = 8;

constexpr int64_t kMinuteNs = 60'000'000'000;
constexpr std::array<int64_t, 11> kTens = [] {
  std::array<int64_t, 11> tens{1};
  for (size_t i = 1; i < tens.size(); ++i) tens[i] = 10 * tens[i - 1];
  return tens;
}();
// Of a double's code: how many places from the decimal it is, and the decimal's zeros; or its bits.
constexpr uint64_t kZeros = 16, kBits = 15;

template <class Io>
class MinuteColumns {
 public:
  MinuteColumns(Io& io, Instant first) : io_(io), first_(first) {}

  void one(MinutesOf& of) {
    whole(kWhich, of.instrument);
    leader(of.leader);
    levels::BarChanges& c = of.changes;
    uint64_t has = (c.first ? kHasFirst : 0) | (c.first_reading ? kHasReading : 0) |
                   (c.last_price ? kHasPrice : 0);
    number(kHas, has);
    if (has & kHasFirst) {
      if (!c.first) c.first.emplace();
      time(kFirstAt, c.first->at, first_);
      real(kInterest, c.first->coins, interest_);
    }
    if (has & kHasReading) {
      if (!c.first_reading) c.first_reading.emplace();
      time(kFirstReading, *c.first_reading, first_);
    }
    if (has & kHasPrice) {
      if (!c.last_price) c.last_price.emplace();
      uint64_t raw = folded(c.last_price->raw());
      number(kLastPrice, raw);
      c.last_price = Price::raw(unfolded(raw));
    }
    list(kReading, c.readings, [&](Instant& at) { time(kReading, at, first_); });
    number_ = first_.ns() / kMinuteNs;
    list(kMinuteStep, c.minutes, [&](auto& entry) {
      auto& [number, minute] = entry;
      step(kMinuteStep, number, number_);
      number_ = wrapped_sum(number, 1);
      const auto begin = static_cast<uint64_t>(number) * static_cast<uint64_t>(kMinuteNs);
      one_minute(minute, Instant::ns(static_cast<int64_t>(begin)));
    });
  }

 private:
  // Sums have no neighbour worth a difference; prices are near the last one, interest near its own.
  // Most minutes trade in one bucket, whose sum is that of both sides.
  void one_minute(levels::Minute& m, Instant begin) {
    const bool one = m.traded.size() == 1 && m.traded[0].second == m.buys + m.sells;
    uint64_t shape = (m.marks.seen ? kMarks : 0) | (m.open_interest ? kOpen : 0) |
                     (!m.marks.seen && m.trades.seen ? kTrades : 0) | (one ? kOneBucket : 0);
    number(kShape, shape);
    int64_t none = 0;
    real(kBuys, m.buys, none);
    real(kSells, m.sells, none = 0);
    if (shape & kOneBucket) {
      m.traded.resize(1);
      bucket(m.traded[0].first);
      m.traded[0].second = m.buys + m.sells;
    } else {
      list(kBucket, m.traded, [&](auto& entry) {
        bucket(entry.first);
        real(kTraded, entry.second, none = 0);
      });
    }
    if (shape & kMarks) range(m.marks, kMarkAt, begin);
    if (shape & kTrades) range(m.trades, kTradeAt, begin);
    if (shape & kOpen) {
      if (!m.open_interest) m.open_interest.emplace();
      time(kInterestAt, m.open_interest->at, begin);
      real(kInterest, m.open_interest->coins, interest_);
    }
  }
  void range(levels::PriceRange& range, size_t at, Instant begin) {
    range.seen = true;
    real(kLow, range.low, price_);
    int64_t near = price_;
    real(kHigh, range.high, near);
    real(kLast, range.last, price_);
    time(at, range.last_at, begin);
  }
  void bucket(double& value) {
    auto whole = static_cast<int64_t>(value);
    step(kBucket, whole, bucket_);
    bucket_ = whole;
    value = static_cast<double>(whole);
  }
  // By its own list of fields: only it knows what it is.
  void leader(TradeLeader& leader) {
    codec::Handover written;
    std::string bytes;
    if constexpr (!Io::kReads) {
      hand_over(written, leader);
      bytes = written.bytes();
    }
    uint64_t size = bytes.size();
    number(kLeaderKind, size);
    if constexpr (Io::kReads) {
      bytes = io_.bytes(kLeaderLast, size);
      codec::Handover read(bytes);
      hand_over(read, leader);
    } else {
      io_.bytes(kLeaderLast, bytes);
    }
  }

  void number(size_t column, uint64_t& value) {
    if constexpr (Io::kReads)
      value = io_.number(column);
    else
      io_.number(column, value);
  }
  template <class T>
  void whole(size_t column, T& value) {
    auto bits = static_cast<uint64_t>(value);
    number(column, bits);
    value = static_cast<T>(bits);
  }
  void step(size_t column, int64_t& value, int64_t near) {
    uint64_t bits = folded(wrapped_difference(value, near));
    number(column, bits);
    value = wrapped_sum(near, unfolded(bits));
  }
  // Whole milliseconds are even.
  void time(size_t column, Instant& at, Instant near) {
    const int64_t by = wrapped_difference(at.ns(), near.ns());
    constexpr int64_t ms = 1'000'000, most = INT64_MAX / 4;
    uint64_t bits = by % ms == 0              ? folded(by / ms) * 2
                    : by < most && by > -most ? folded(by) * 2 + 1
                                              : UINT64_MAX;
    number(column, bits);
    if (bits == UINT64_MAX) {
      auto far = static_cast<uint64_t>(by);
      number(column, far);
      at = Instant::ns(wrapped_sum(near.ns(), static_cast<int64_t>(far)));
      return;
    }
    const int64_t read = unfolded(bits / 2);
    const int64_t ns =
        bits % 2 == 1
            ? read
            : static_cast<int64_t>(static_cast<uint64_t>(read) * static_cast<uint64_t>(ms));
    at = Instant::ns(wrapped_sum(near.ns(), ns));
  }
  // As the nearest decimal of ten digits against `near`, and how many doubles away from it: sums
  // and quotients of decimals are seldom far. To the bit.
  void real(MinuteReal which, double& value, int64_t& near) {
    const size_t code_column = kReals + 2 * static_cast<size_t>(which), column = code_column + 1;
    uint64_t code = kBits, rest = 0;
    if constexpr (!Io::kReads) {
      rest = std::bit_cast<uint64_t>(value);
      if (std::abs(value) < 9e8) {
        const int64_t units = std::llround(value * 1e10);
        const int64_t off = wrapped_difference(std::bit_cast<int64_t>(value), bits_of(units));
        size_t zeros = 0;
        while (zeros < 10 && units % kTens[zeros + 1] == 0) ++zeros;
        if (off > -1'000'000 && off < 1'000'000) {
          code = folded(off) * kZeros + zeros;
          rest = folded(units / kTens[zeros] - near / kTens[zeros]);
          near = units;
        }
      }
    }
    number(code_column, code);
    number(column, rest);
    if constexpr (Io::kReads) {
      const size_t zeros = code % kZeros;
      if (zeros >= kTens.size()) {
        value = std::bit_cast<double>(rest);
        return;
      }
      const int64_t tens = kTens[zeros];
      near = static_cast<int64_t>(static_cast<uint64_t>(wrapped_sum(unfolded(rest), near / tens)) *
                                  static_cast<uint64_t>(tens));
      value = std::bit_cast<double>(wrapped_sum(bits_of(near), unfolded(code / kZeros)));
    }
  }
  static int64_t bits_of(int64_t units) {
    return std::bit_cast<int64_t>(static_cast<double>(units) / 1e10);
  }
  // Its length first. A length that cannot be ends with the columns.
  template <class T, class Each>
  void list(size_t column, std::vector<T>& values, Each each) {
    uint64_t count = values.size();
    number(column, count);
    if constexpr (Io::kReads) values.clear();
    for (uint64_t i = 0; i < count; ++i) {
      if constexpr (Io::kReads) {
        if (io_.failed()) return;
        values.emplace_back();
      }
      each(values[i]);
    }
  }

  Io& io_;
  const Instant first_;
  int64_t number_ = 0;                             // the minute expected
  int64_t price_ = 0, interest_ = 0, bucket_ = 0;  // said last
};

// What of a description a builder counts by, and who is asked.
bool counts_alike(const Instrument& a, const Instrument& b) {
  return a.kind == b.kind && a.base == b.base && a.quote == b.quote && a.settle == b.settle &&
         a.contract_size == b.contract_size;
}

// Of what SizesLater (reports/sizes_later.h) counts.
bool lacks_size(const Event& event, const Instrument& i) {
  return !i.contract_size &&
         (i.kind == InstrumentKind::linear || i.kind == InstrumentKind::inverse) &&
         (std::holds_alternative<Trade>(event.payload) ||
          std::holds_alternative<Quote>(event.payload) ||
          std::holds_alternative<Liquidation>(event.payload) ||
          std::holds_alternative<OpenInterest>(event.payload) ||
          std::holds_alternative<BookSnapshot>(event.payload));
}

}  // namespace

PackedMinutes pack_minutes(MinuteChanges& changes, Instant first) {
  PackedMinutes out;
  if (changes.minutes.empty()) return out;
  ColumnWriter columns;
  MinuteColumns<ColumnWriter> minutes(columns, first);
  EventColumns<ColumnWriter> forced{ColumnWriter()};
  columns.number(kWhich, changes.minutes.size());
  columns.number(kWhich, changes.forced.size());
  for (MinutesOf& one : changes.minutes) minutes.one(one);
  for (Event& event : changes.forced) forced.event(event);
  out.minutes = columns.pack();
  if (!changes.forced.empty()) out.forced = forced.io().pack();
  return out;
}

std::string coins_key(const CoinNames& names) {
  std::string key;
  for (const CoinName& name : names.all())
    key += fmt::format("{} {} {} {:a}\n", name.venue, name.name, name.asset, name.units);
  return key;
}

auto MinuteKeeper::known(InstrumentId id) -> Known* {
  if (by_id_.size() <= id) by_id_.resize(id + 1);
  if (by_id_[id] != nullptr) return by_id_[id];
  const Instrument& i = instruments_[id];
  if (!i.is_perpetual()) return nullptr;
  Known& fresh = known_.try_emplace(id, i, names_.of(i).units).first->second;
  fresh.builder.keep_changes();
  fresh.builder.forget_before(kept_from_);
  return by_id_[id] = &fresh;
}

// As LevelBars (reports/level_bars.h) does it, which is told the same from the tapes: what of it
// counts is decided here, and whether a liquidation was shown before by whoever reads it.
void MinuteKeeper::add(const Event& event, Told told) {
  if (event.instrument == kNoInstrument) return;
  if (lacks_size(event, instruments_[event.instrument])) broken_.insert(event.instrument);
  Known* const one = known(event.instrument);
  if (one == nullptr) return;
  if (const auto* trade = std::get_if<Trade>(&event.payload)) {
    if (!told.fresh || !one->leader.counts(event, told.numbered, trade->aggregated)) return;
  } else if (std::holds_alternative<Liquidation>(event.payload)) {
    one->forced.push_back(event);
    return;
  }
  one->builder.on_event(event);
}

void MinuteKeeper::described(InstrumentId id) {
  const auto found = known_.find(id);
  if (found != known_.end() && !counts_alike(found->second.builder.instrument(), instruments_[id]))
    broken_.insert(id);
}

// Only shelves that say something of perpetuals have minutes.
MinuteChanges MinuteKeeper::take(const std::vector<InstrumentId>& instruments, Instant last) {
  MinuteChanges out;
  for (const InstrumentId id : instruments) {
    const auto found = known_.find(id);
    if (found == known_.end()) continue;
    Known& one = found->second;
    out.minutes.push_back({id, one.leader, one.builder.take_changes(last)});
    std::move(one.forced.begin(), one.forced.end(), std::back_inserter(out.forced));
    one.forced.clear();
  }
  return out;
}

// What an instrument still holds is bounded, however long the tape.
void MinuteKeeper::end_segment(Instant last) {
  kept_from_ = std::max(kept_from_, (last - kept_).ns() / kMinuteNs);
  for (auto& entry : known_) entry.second.builder.forget_before(kept_from_);
}

std::vector<InstrumentId> MinuteKeeper::broken() const {
  std::set<InstrumentId> all = broken_;
  for (const auto& [id, one] : known_) {
    if (one.builder.has_lost()) all.insert(id);
  }
  return {all.begin(), all.end()};
}

// Between two segments: nothing has changed since the last one was packed.
void MinuteKeeper::hand_over(codec::Handover& state) {
  state.field(kept_from_);
  std::vector<InstrumentId> gone = broken();
  state.list(gone);
  uint64_t count = known_.size();
  state.field(count);
  const auto one = [&](InstrumentId id, Instrument described, double units, Known* known) {
    state.fields(id, described, units);
    TradeLeader leader;
    levels::BarChanges all;
    if (known != nullptr) {
      leader = known->leader;
      all = known->builder.everything();
    }
    state.fields(leader, all);
    if (!state.reads() || state.failed()) return;
    Known& fresh = known_.try_emplace(id, described, units).first->second;
    fresh.leader = leader;
    fresh.builder.put(std::move(all));
    fresh.builder.keep_changes();
    fresh.builder.forget_before(kept_from_);
    if (by_id_.size() <= id) by_id_.resize(id + 1);
    by_id_[id] = &fresh;
  };
  if (!state.reads()) {
    for (auto& [id, known] : known_)
      one(id, known.builder.instrument(), known.builder.units(), &known);
    return;
  }
  broken_ = {gone.begin(), gone.end()};
  known_.clear();
  by_id_.clear();
  for (uint64_t n = 0; n < count && !state.failed(); ++n) one({}, {}, 1, nullptr);
}

Result<std::vector<MinutesOf>> unpack_minutes(std::string_view packed, Instant first,
                                              uint64_t& forced) {
  ColumnReader columns = TRY(ColumnReader::unpack(packed));
  MinuteColumns<ColumnReader> minutes(columns, first);
  const uint64_t count = columns.number(kWhich);
  forced = columns.number(kWhich);
  std::vector<MinutesOf> out;
  for (uint64_t n = 0; n < count && !columns.failed(); ++n) minutes.one(out.emplace_back());
  if (columns.failed()) return Error{Fault::malformed, "its minutes end early", "a memory"};
  return out;
}

}  // namespace delever::memory
