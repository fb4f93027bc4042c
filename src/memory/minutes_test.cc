// Goal: minutes that are packed by segments and put into another builder are to the bit those of a
// builder that was told every event, wherever the reading goes on from.
#include "memory/minutes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "base/random.h"
#include "memory/columns.h"

namespace delever::memory {
namespace {

Instrument contract(const char* symbol, InstrumentKind kind, const char* base) {
  Instrument i;
  i.venue = "binance";
  i.symbol = symbol;
  i.kind = kind;
  i.base = base;
  i.quote = "USDT";
  i.settle = kind == InstrumentKind::inverse ? base : "USDT";
  i.contract_size =
      kind == InstrumentKind::inverse ? Qty::raw(100 * Qty::scale) : Qty::raw(Qty::scale);
  return i;
}

// Trades, marks and open interest of all sizes, most stamped a little before they are received and
// some hours before or after.
Event some_event(Random& random, InstrumentId instrument, Instant received) {
  Event event;
  event.instrument = instrument;
  event.received = received;
  event.at = received - Duration::us(static_cast<int64_t>(random.below(900'000)));
  if (random.chance(0.02))
    event.at = received + Duration::seconds(static_cast<int64_t>(random.below(9000)) - 6000);
  const auto price = [&] {
    const auto raw = static_cast<int64_t>(8'000'000'000'000 + random.below(100'000'000'000));
    return Price::raw(random.chance(0.5) ? raw / 1'000'000'000 * 1'000'000'000 : raw);
  };
  const auto qty = [&] {
    return WideQty::raw(static_cast<int64_t>(random.bits64() >> (20 + random.below(40))));
  };
  switch (random.below(4)) {
    case 0:
      event.payload = MarkPrice{price()};
      break;
    case 1: {
      OpenInterest interest;
      if (random.chance(0.5))
        interest.coins = 1e5 * random.uniform();
      else
        interest.contracts = qty();
      event.payload = interest;
      break;
    }
    default: {
      Trade trade;
      trade.price = price();
      trade.qty = qty();
      trade.taker_side = random.chance(0.5) ? Side::buy : Side::sell;
      event.payload = trade;
    }
  }
  return event;
}

std::string text(const levels::BarBuilder& builder, Instant now) {
  const auto market = builder.market(now);
  if (!market) return "nothing";
  std::string out = fmt::format("{:a} {}\n", market->open_interest_start, market->gap_max.ns());
  for (const levels::LevelBar& b : market->bars) {
    out += fmt::format("{} {:a} {:a} {:a} {:a} {:a} {:a}", b.end.ns(), b.seconds, b.low, b.high,
                       b.open_interest_change, b.taker_buy, b.taker_sell);
    for (const auto& [at, coins] : b.traded) out += fmt::format(" {:a} {:a}", at, coins);
    out += '\n';
  }
  return out;
}

TEST(Minutes, AreThoseOfABuilderThatWasToldEveryEvent) {
  const Instant start = Instant::parse("2026-01-05T00:00:00Z").value();
  constexpr int kSegments = 60, kEvents = 150;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    Random random(seed, {});
    Instruments table;
    const std::vector<InstrumentId> ids{
        table.add(contract("BTCUSDT", InstrumentKind::linear, "BTC")),
        table.add(contract("1000PEPEUSDT", InstrumentKind::linear, "1000PEPE")),
        table.add(contract("BTCUSD_PERP", InstrumentKind::inverse, "BTC"))};
    const CoinNames names;
    MinuteKeeper keeper(table, names, Duration::days(10));
    std::vector<levels::BarBuilder> plain, put;
    for (const InstrumentId id : ids) {
      plain.emplace_back(table[id], names.of(table[id]).units);
      put.emplace_back(table[id], names.of(table[id]).units);
    }
    // From here on the second is told events as well.
    const int cut = static_cast<int>(20 + random.below(39));
    const int handed = static_cast<int>(1 + random.below(18));
    Instant last = start;
    for (int segment = 0; segment < kSegments; ++segment) {
      const Instant first = start + Duration::minutes(10 * segment) + Duration::ns(1);
      for (int n = 0; n < kEvents; ++n) {
        const size_t which = random.below(ids.size());
        const int64_t into = n * 4'000'000'000 + static_cast<int64_t>(random.below(4'000'000'000));
        Event event = some_event(random, ids[which], first + Duration::ns(into));
        plain[which].on_event(event);
        keeper.add(event, {});
        if (segment >= cut) put[which].on_event(event);
        last = event.received;
      }
      MinuteChanges changes = keeper.take(ids, last);
      const PackedMinutes packed = pack_minutes(changes, first);
      keeper.end_segment(last);
      EXPECT_TRUE(packed.forced.empty());
      if (segment == handed) {  // another goes on, as where a tape has grown
        codec::Handover state;
        keeper.hand_over(state);
        codec::Handover taken(state.bytes());
        keeper.hand_over(taken);
        ASSERT_TRUE(!taken.failed() && taken.at_end());
      }
      if (segment >= cut) continue;
      uint64_t forced = 1;
      auto all = unpack_minutes(packed.minutes, first, forced);
      ASSERT_TRUE(all.has_value());
      EXPECT_EQ(forced, 0u);
      for (MinutesOf& one : all.value()) put.at(one.instrument).put(std::move(one.changes));
    }
    EXPECT_TRUE(keeper.broken().empty());
    const Instant now = start + Duration::minutes(10 * cut) + Duration::hours(6);
    for (size_t i = 0; i < ids.size(); ++i)
      EXPECT_EQ(text(plain[i], std::max(now, last)), text(put[i], std::max(now, last))) << seed;
  }
}

TEST(Minutes, OfWhatCameTooLateOrWithoutASizeAreNotToBeUsed) {
  const Instant start = Instant::parse("2026-01-05T00:00:00Z").value();
  Instruments table;
  Instrument unsized = contract("ETHUSDT", InstrumentKind::linear, "ETH");
  unsized.contract_size.reset();
  const InstrumentId late = table.add(contract("BTCUSDT", InstrumentKind::linear, "BTC"));
  const InstrumentId without = table.add(unsized);
  const InstrumentId other = table.add(contract("SOLUSDT", InstrumentKind::linear, "SOL"));
  const InstrumentId good = table.add(contract("XRPUSDT", InstrumentKind::linear, "XRP"));
  MinuteKeeper keeper(table, {}, Duration::hours(3));
  const auto mark = [&](InstrumentId id, Instant at, Instant received) {
    Event event;
    event.instrument = id;
    event.at = at;
    event.received = received;
    event.payload = MarkPrice{Price::raw(Price::scale)};
    keeper.add(event, {});
  };
  for (const InstrumentId id : {late, without, other, good}) mark(id, start, start);
  EXPECT_TRUE(keeper.broken().empty());  // a mark needs no size
  Event traded;
  traded.instrument = without;
  traded.payload = Trade{.price = Price::raw(Price::scale), .qty = WideQty::raw(1)};
  keeper.add(traded, {});
  keeper.take({late, without, other, good}, start);
  keeper.end_segment(start + Duration::hours(5));
  EXPECT_EQ(keeper.broken(), std::vector<InstrumentId>{without});
  mark(late, start, start + Duration::hours(5));
  mark(good, start + Duration::hours(4), start + Duration::hours(5));
  Instrument renamed = table[other];
  renamed.base = "SOL2";
  table.add(renamed);
  keeper.described(other);
  EXPECT_EQ(keeper.broken(), (std::vector<InstrumentId>{late, without, other}));
}

TEST(Minutes, ThatAreCutOrNobodysAreAnError) {
  Random random(3, {});
  uint64_t forced = 0;
  for (int n = 0; n < 300; ++n) {
    ColumnWriter columns;
    for (uint64_t i = random.below(60); i > 0; --i)
      columns.number(random.below(30), random.bits64() >> random.below(64));
    columns.number(0, 1 + random.below(1000));
    (void)unpack_minutes(columns.pack(), Instant(), forced).has_value();
  }
  EXPECT_FALSE(unpack_minutes("", Instant(), forced).has_value());
}

}  // namespace
}  // namespace delever::memory
