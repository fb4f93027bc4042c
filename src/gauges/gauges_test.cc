// Goal: what holds for every gauge: nothing is seen before it was received, order within one moment
// does not matter, missing is missing, and asking changes nothing. Then open interest, prices and
// flows on small known tapes.
#include "gauges/gauges.h"

#include <cmath>
#include <set>

#include "base/random.h"
#include "gauges/prices.h"
#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

// A tape of every kind of event over two days, several in each moment.
Scene random_tape(uint64_t seed) {
  Random random(seed, {});
  Scene s;
  const std::vector<std::string> venues{"binance", "bybit", "okx"};
  std::vector<InstrumentId> perpetuals, spots, futures, options;
  for (const std::string& v : venues) {
    perpetuals.push_back(s.instrument(v, "BTC-USDT-PERP"));
    spots.push_back(s.instrument(v, "BTC-USDT"));
    futures.push_back(s.instrument(v, "BTC-USDT-260327"));
  }
  for (const char* name :
       {"BTC-USD-260130-80000-C@BTC", "BTC-USD-260130-80000-P@BTC", "BTC-USD-260327-90000-C@BTC"})
    options.push_back(s.instrument("deribit", name));
  const auto vendor = s.aggregate("coinglass", "BTC");
  const auto any = [&](const std::vector<InstrumentId>& of) { return of[random.below(of.size())]; };
  const auto price = [&] {
    return Price::nearest(80000 + std::floor(500 * random.normal())).value();
  };
  const auto millions = [&] { return 1e6 * static_cast<double>(random.below(90)); };
  for (int d = 250; d >= 1; --d) s.total(vendor, kAt - kDay * d, millions(), millions());
  for (int m = 0; m < 49 * 12; ++m) {
    const Instant at = kAt - kHour * 48 + Duration::minutes(5) * m;
    for (uint64_t n = 1 + random.below(5); n > 0; --n) {
      const std::string source = "stream" + std::to_string(random.below(4));
      switch (random.below(8)) {
        case 0: {
          Liquidation l{.position_side =
                            random.chance(0.5) ? PositionSide::long_side : PositionSide::short_side,
                        .feed = random.chance(0.5) ? LiquidationFeed::complete
                                                   : LiquidationFeed::latest_per_second};
          l.average_price = price();
          l.filled_qty = Qty::nearest(static_cast<double>(random.below(40))).value();
          s.put(any(perpetuals), source, at, l);
          break;
        }
        case 1: {
          OpenInterest oi;
          oi.contracts = Qty::nearest(static_cast<double>(random.below(90000))).value();
          s.put(any(perpetuals), source, at, oi);
          break;
        }
        case 2:
          s.put(any(perpetuals), source, at, MarkPrice{price()});
          break;
        case 3:
          s.put(any(perpetuals), source, at, IndexPrice{price()});
          break;
        case 4: {
          Trade t{.price = price(), .qty = Qty::nearest(1).value()};
          s.put(random.chance(0.5) ? any(spots) : any(futures), source, at, t);
          break;
        }
        case 5: {
          FundingRate f{.rate =
                            Rate::nearest(1e-5 * static_cast<double>(random.below(20))).value()};
          f.kind = static_cast<FundingKind>(random.below(3));
          f.settles_at = at;
          s.put(any(perpetuals), source, at, f);
          break;
        }
        case 6: {
          OptionQuote q;
          q.open_interest = Qty::nearest(static_cast<double>(random.below(900))).value();
          s.put(any(options), source, at, q);
          break;
        }
        default: {
          Holding h{.holder = random.chance(0.5) ? "ALL" : "IBIT"};
          h.flow_usd = 1e6 * random.normal();
          s.put(vendor, source, at, h);
        }
      }
    }
  }
  return s;
}

TEST(Gauges, every_name_is_there_even_on_an_empty_tape) {
  Scene empty;
  const auto readings = empty.readings(kAt);
  std::set<std::string> names;
  for (const Reading& r : readings) {
    names.insert(r.name);
    EXPECT_EQ(r.state, State::pending) << text_of(r);
    EXPECT_FALSE(r.value || r.low || r.high) << text_of(r);
    EXPECT_FALSE(r.reason.empty()) << text_of(r);
    EXPECT_FALSE(r.rule.empty());
  }
  for (const GaugeName& n : gauge_names()) {
    if (n.name != "funding_rate_predicted") {
      EXPECT_TRUE(names.contains(std::string(n.name))) << n.name;
    }
  }
}

TEST(Gauges, numbers_are_finite_and_states_keep_their_word) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    for (const Reading& r : random_tape(seed).readings(kAt)) {
      for (const auto& number : {r.value, r.low, r.high, r.coverage}) {
        if (number) { EXPECT_TRUE(std::isfinite(*number)) << text_of(r); }
      }
      if (r.coverage) { EXPECT_TRUE(*r.coverage >= 0 && *r.coverage <= 1) << text_of(r); }
      if (r.value && r.low) { EXPECT_LE(*r.low, *r.value) << text_of(r); }
      if (r.value && r.high) { EXPECT_GE(*r.high, *r.value) << text_of(r); }
      EXPECT_EQ(r.value.has_value(),
                r.state == State::corroborated || r.state == State::single_source)
          << text_of(r);
      EXPECT_EQ(r.sources.empty(), r.state == State::pending) << text_of(r);
      EXPECT_EQ(r.as_of.has_value(), r.state != State::pending) << text_of(r);
      EXPECT_TRUE(!r.as_of || *r.as_of <= kAt) << text_of(r);
      if (!r.value) { EXPECT_FALSE(r.reason.empty()) << text_of(r); }
    }
  }
}

TEST(Gauges, order_within_a_moment_does_not_matter) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Scene scene = random_tape(seed);
    const std::string before = text_of(scene.readings(kAt));
    Random random(seed, {.stream = 9});
    for (int round = 0; round < 3; ++round) {
      for (size_t i = scene.events.size(); i > 1;
           --i)  // ordered() puts the moments back, and leaves ties as they are
        std::swap(scene.events[i - 1], scene.events[random.below(i)]);
      EXPECT_EQ(text_of(scene.readings(kAt)), before);
    }
  }
}

TEST(Gauges, what_came_later_is_not_seen) {
  Scene scene = random_tape(3);
  const Instant at = kAt - kHour * 6;
  const auto sample = [&](const std::vector<Event>& events) {
    Gauges gauges("BTC", shipped_rules(), scene.instruments, scene.sources);
    std::string out;
    Sampler sampler(gauges, {at, at, kHour},
                    [&](Instant, const std::vector<Reading>& r) { out = text_of(r); });
    for (const Event& e : events) sampler.on_event(e);
    sampler.finish();
    return out;
  };
  std::vector<Event> all = scene.ordered(), known;
  for (const Event& e : all) {
    if (e.received <= at) known.push_back(e);
  }
  ASSERT_LT(known.size(), all.size());
  EXPECT_EQ(sample(known), sample(all));
  // Late news about the window: the venue's time lies in it, our receive time does not.
  const size_t count = known.size();
  for (size_t i = count - 50; i < count; ++i) {
    Event late = known[i];
    late.received = at + Duration::ns(1);
    known.push_back(late);
  }
  EXPECT_EQ(sample(known), sample(all));
}

TEST(Gauges, asking_changes_nothing) {
  const Scene scene = random_tape(4);
  Gauges often("BTC", shipped_rules(), scene.instruments, scene.sources);
  std::string stepped;
  Sampler sampler(often, {kAt - kDay, kAt, Duration::minutes(10)},
                  [&](Instant at, const std::vector<Reading>& r) {
                    if (at == kAt) stepped = text_of(r);
                  });
  for (const Event& e : scene.ordered()) sampler.on_event(e);
  sampler.finish();
  EXPECT_EQ(stepped, text_of(scene.readings(kAt)));
}

TEST(Gauges, sampler_takes_each_time_once) {
  Scene scene;
  const auto id = scene.instrument("binance", "BTC-USDT");
  Gauges gauges("BTC", shipped_rules(), scene.instruments, scene.sources);
  std::vector<Instant> taken;
  Sampler sampler(gauges, {kAt, kAt + kHour * 3, kHour},
                  [&](Instant at, const auto&) { taken.push_back(at); });
  sampler.on_event({id, 0, kAt + kHour, kAt + kHour, Trade{}});
  EXPECT_EQ(taken.size(), 1u);  // an event of exactly that time is known at that time
  sampler.finish();
  EXPECT_EQ(taken, (std::vector<Instant>{kAt, kAt + kHour, kAt + kHour * 2, kAt + kHour * 3}));
}

TEST(Gauges, the_future_is_stale) {
  const Scene scene = random_tape(5);
  for (const Reading& r : scene.readings(kAt + kDay * 60))
    EXPECT_EQ(r.state, State::pending) << text_of(r);
}

struct Tape : Scene {
  InstrumentId binance = instrument("binance", "BTC-USDT-PERP");
  InstrumentId inverse = instrument("binance", "BTC-USD-PERP@BTC", 100);
  InstrumentId spot = instrument("binance", "BTC-USDT");
  InstrumentId vendor = aggregate("coinglass", "BTC");

  void interest(InstrumentId id, Instant at, std::optional<double> contracts,
                std::optional<double> coins = {}, std::optional<double> value = {}) {
    OpenInterest oi{.coins = coins, .value_usd = value};
    if (contracts) oi.contracts = Qty::nearest(*contracts).value();
    put(id, "oi", at, oi);
  }
  void candle(Instant from, Duration span, double open, double high, double low, double close) {
    const auto p = [](double x) { return Price::nearest(x).value(); };
    const Instant to = from + span - Duration::ms(1);  // as archives close them
    put(spot, "candles", to,
        Candle{from, to, p(open), p(high), p(low), p(close), {}, PriceKind::trade, true});
  }
};

TEST(OpenInterests, change_is_counted_in_coins) {
  Tape t;
  t.candle(kAt - kDay * 2, kDay, 90000, 90000, 90000, 100000);
  t.candle(kAt - kDay, kDay, 100000, 100000, 80000, 80000);
  t.interest(t.binance, kAt - kDay, 1000);
  t.interest(t.binance, kAt, 1000);
  t.interest(t.inverse, kAt - kDay, 1e6);  // 100 USD each: 1,000 coins at 100,000
  t.interest(t.inverse, kAt, 1e6);         // and 1,250 at 80,000
  const auto readings = t.readings(kAt);
  EXPECT_DOUBLE_EQ(*pick(readings, "oi_coins", "binance").value, 2250);
  EXPECT_DOUBLE_EQ(*pick(readings, "oi_change_24h_coins", "binance").value, 250);
  EXPECT_DOUBLE_EQ(*pick(readings, "oi_usd", "binance").value, 180e6);
  EXPECT_DOUBLE_EQ(*pick(readings, "oi_change_24h_usd", "binance").value,
                   -20e6);  // the price alone
  const Reading total = pick(readings, "oi_coins");
  EXPECT_DOUBLE_EQ(*total.coverage, 0.2);
  EXPECT_EQ(total.low, total.value);
  EXPECT_FALSE(total.high.has_value());
}

// A poll a moment after the hour may lack its last trades: what the next one says is the hour.
TEST(Prices, the_later_word_stands_on_a_candle_that_was_told_at_its_very_end) {
  for (const double last : {99.0, 105.0}) {
    Tape t;
    for (int h = 0; h < 24; ++h) t.candle(kAt - kHour * (24 - h), kHour, 100, 110, 90, 100);
    t.events.pop_back();
    for (const auto& [close, after] :
         {std::pair{101.0, Duration::ms(200)}, {last, Duration::minutes(1)}}) {
      const auto p = [](double x) { return Price::nearest(x).value(); };
      t.put(t.spot, "candles", kAt,
            Candle{kAt - kHour, kAt, p(100), p(110), p(90), p(close), {}, PriceKind::trade, true},
            kAt + after);
    }
    const auto readings = t.readings(kAt + Duration::minutes(2));
    EXPECT_EQ(pick(readings, "price_usd").value, last);
    EXPECT_EQ(pick(readings, "price_low_24h").low, 90);
  }
}

// Which of two candles of one hour is right, nobody can say; the same one twice is one.
TEST(Prices, a_candle_that_is_told_in_two_ways_does_not_count) {
  const auto day = [](Tape& t) {
    for (int h = 0; h < 24; ++h)
      t.candle(kAt - kHour * (24 - h), kHour, 100, 110 + h, 90 - h, 100 + h % 2);
  };
  for (const bool other_first : {false, true}) {
    Tape t;
    // The last hour, whose extremes are those of the day, at half its prices.
    if (other_first) t.candle(kAt - kHour, kHour, 50, 66.5, 33.5, 50.5);
    day(t);
    day(t);
    if (!other_first) t.candle(kAt - kHour, kHour, 50, 66.5, 33.5, 50.5);
    const auto readings = t.readings(kAt);
    const Reading low = pick(readings, "price_low_24h"), high = pick(readings, "price_high_24h");
    EXPECT_EQ(low.value, 68);
    EXPECT_FALSE(low.low) << "that hour may have been lower";
    EXPECT_EQ(high.value, 132);
    EXPECT_FALSE(high.high);
    EXPECT_NE(low.reason.find("two candles that end at 2026-01-30T00:00:00Z differ"),
              low.reason.npos)
        << low.reason;
    const Reading price = pick(readings, "price_usd");
    EXPECT_NE(price.as_of, kAt);
    EXPECT_TRUE(!price.value || *price.value == 100) << *price.value;
  }
  Tape same;
  day(same);
  day(same);
  EXPECT_EQ(pick(same.readings(kAt), "price_low_24h").low, 67);
  EXPECT_EQ(pick(same.readings(kAt), "price_usd").value, 101);
}

TEST(OpenInterests, two_counts_of_one_time_are_no_figure) {
  for (const auto& [first, second] :
       {std::pair{90'000.0, 45'000.0}, std::pair{45'000.0, 90'000.0}}) {
    Tape t;
    t.interest(t.binance, kAt - kHour, 89'000);
    t.interest(t.binance, kAt, first);
    t.interest(t.binance, kAt, second);
    const Reading r = pick(t.readings(kAt), "oi_coins", "binance");
    EXPECT_EQ(r.value, 89'000);
    EXPECT_EQ(r.as_of, kAt - kHour);
    EXPECT_NE(r.reason.find("two figures of 2026-01-30T00:00:00Z differ"), r.reason.npos)
        << r.reason;
  }
  Tape t;
  t.interest(t.binance, kAt, 90'000);
  t.interest(t.binance, kAt, 90'001);  // as another writer rounds it
  EXPECT_EQ(pick(t.readings(kAt), "oi_coins", "binance").value, 90'001);
}

TEST(OpenInterests, what_is_left_out_bounds_a_level_and_no_change) {
  Scene s;
  const auto interest = [&](InstrumentId id, Instant at, double contracts) {
    OpenInterest open;
    open.contracts = Qty::nearest(contracts).value();
    s.put(id, "oi", at, open);
    s.put(id, "marks", at, MarkPrice{Price::nearest(80000).value()});
  };
  for (const char* venue : {"binance", "bybit", "okx", "deribit", "hyperliquid"}) {
    const InstrumentId id = s.instrument(venue, "BTC-USDT-PERP");
    interest(id, kAt - kDay, 1000);
    interest(id, kAt, 1002);
  }
  const Reading whole = pick(s.readings(kAt), "oi_change_24h_coins");
  EXPECT_DOUBLE_EQ(*whole.value, 10);
  EXPECT_EQ(whole.low, whole.value);
  // One more contract, not heard of for three hours.
  interest(s.instrument("bybit", "BTC-USDC-PERP"), kAt - Duration::hours(3), 500);
  const auto readings = s.readings(kAt);
  EXPECT_EQ(pick(readings, "oi_coins").low, 5010);
  EXPECT_FALSE(pick(readings, "oi_coins").high);
  const Reading change = pick(readings, "oi_change_24h_coins");
  EXPECT_DOUBLE_EQ(*change.value, 10);
  EXPECT_FALSE(change.low) << *change.low;
  EXPECT_FALSE(change.high);
}

TEST(OpenInterests, a_change_of_dollars_is_of_all_contracts_or_of_none) {
  Scene s;
  // Coins of both contracts a day ago, dollars of one, and no price then.
  const auto interest = [&](const char* name, Instant at, double coins, std::optional<double> usd) {
    s.put(s.instrument("binance", name), "oi", at,
          OpenInterest{.contracts = {}, .coins = coins, .value_usd = usd});
  };
  interest("BTC-USDT-PERP", kAt - kDay, 1000, 80e6);
  interest("BTC-USDC-PERP", kAt - kDay, 500, {});
  interest("BTC-USDT-PERP", kAt, 1100, 88e6);
  interest("BTC-USDC-PERP", kAt, 400, 32e6);
  const auto readings = s.readings(kAt);
  EXPECT_EQ(pick(readings, "oi_change_24h_coins", "binance").value, 0);
  EXPECT_FALSE(pick(readings, "oi_change_24h_usd", "binance").value);
}

TEST(OpenInterests, a_vendors_dollars_become_coins_and_levels_match_changes) {
  Tape t;
  t.candle(kAt - kDay * 2, kDay, 90000, 90000, 90000, 100000);
  t.candle(kAt - kDay, kDay, 100000, 100000, 80000, 80000);
  t.interest(t.vendor, kAt - kDay, {}, 50000.0,
             40e9);  // 400,000 coins by the dollars: more contracts than the coins
  t.interest(t.vendor, kAt, {}, 45000.0, 24e9);  // 300,000
  const auto readings = t.readings(kAt);
  EXPECT_DOUBLE_EQ(*pick(readings, "oi_coins").value, 300000);
  EXPECT_DOUBLE_EQ(*pick(readings, "oi_change_24h_coins").value, -100000);
  EXPECT_DOUBLE_EQ(*pick(readings, "oi_change_24h_usd").value, -16e9);
  const std::string& reason = pick(readings, "oi_coins").reason;
  EXPECT_NE(reason.find("45000 coins it counts changed by -5000"), std::string::npos) << reason;
}

TEST(OpenInterests, dollars_come_with_the_first_price_and_without_one_where_contracts_are_dollars) {
  Scene s;
  const auto interest = [&](InstrumentId id, Instant at, double contracts) {
    OpenInterest open;
    open.contracts = Qty::nearest(contracts).value();
    s.put(id, "oi", at, open);
  };
  const InstrumentId linear = s.instrument("okx", "BTC-USDT-PERP");
  interest(linear, kAt - Duration::minutes(10), 1000);
  s.put(linear, "marks", kAt - Duration::minutes(5), MarkPrice{Price::nearest(80000).value()});
  interest(s.instrument("binance", "BTC-USD-PERP@BTC", 100), kAt - Duration::minutes(10), 5000);
  const auto before = s.readings(kAt - Duration::minutes(6));
  EXPECT_EQ(pick(before, "oi_coins", "okx").value, 1000);
  EXPECT_EQ(pick(before, "oi_usd", "okx").state, State::pending);
  EXPECT_EQ(pick(before, "oi_usd", "okx").reason.find("24 h ago"), std::string::npos);
  EXPECT_EQ(pick(before, "oi_usd", "binance").value, 500'000);
  EXPECT_EQ(pick(before, "oi_coins", "binance").state, State::pending);
  const auto after = s.readings(kAt);
  EXPECT_EQ(pick(after, "oi_usd", "okx").value, 80e6);
  EXPECT_NE(pick(after, "oi_usd", "okx").reason.find("a later one"), std::string::npos);
  EXPECT_EQ(pick(after, "oi_coins", "binance").value, 6.25);
}

TEST(OpenInterests, each_measure_lacks_what_it_lacks) {
  Scene s;
  const auto interest = [&](InstrumentId id, const OpenInterest& open) {
    s.put(id, "oi", kAt, open);
  };
  interest(s.instrument("binance", "BTC-USDT-PERP"),
           {.contracts = {}, .coins = 1000, .value_usd = 80e6});
  // Coins without dollars, and dollars without coins; no price.
  interest(s.instrument("binance", "BTC-USDC-PERP"),
           {.contracts = {}, .coins = 50, .value_usd = {}});
  OpenInterest inverse;
  inverse.contracts = Qty::nearest(10'000).value();
  interest(s.instrument("binance", "BTC-USD-PERP@BTC", 100), inverse);
  const auto readings = s.readings(kAt);
  for (const auto& [name, value] : {std::pair("oi_coins", 1050.0), std::pair("oi_usd", 81e6)}) {
    const Reading r = pick(readings, name, "binance");
    EXPECT_EQ(r.value, value) << name;
    EXPECT_EQ(r.low, value) << name;
    EXPECT_FALSE(r.high) << name;
    EXPECT_NE(r.reason.find("1 contracts left out"), std::string::npos) << r.reason;
  }
}

TEST(OpenInterests, dollars_and_coins_that_contradict_each_other_are_no_figure) {
  Scene s;
  const auto state = [&](const char* venue, double coins, double usd) {
    const InstrumentId id = s.instrument(venue, "BTC-USDT-PERP");
    s.put(id, "marks", kAt - Duration::minutes(1), MarkPrice{Price::nearest(80000).value()});
    s.put(id, "oi", kAt, OpenInterest{.contracts = {}, .coins = coins, .value_usd = usd});
  };
  state("binance", 1000, 80e6 / 1.3);  // of another minute
  state("okx", 1000, 1000);            // a value in coins, read as dollars
  state("bybit", 80e6, 80e6);          // coins that are dollars
  const auto readings = s.readings(kAt);
  EXPECT_EQ(pick(readings, "oi_coins", "binance").value, 1000);
  for (const char* venue : {"okx", "bybit"}) {
    for (const char* name : {"oi_coins", "oi_usd"}) {
      const Reading r = pick(readings, name, venue);
      EXPECT_EQ(r.state, State::pending) << venue << " " << name;
      EXPECT_NE(r.reason.find("USD beside"), std::string::npos) << r.reason;
    }
  }
  EXPECT_FALSE(pick(readings, "oi_coins").high);
}

TEST(OpenInterests, stale_is_pending_with_its_date) {
  Tape t;
  t.interest(t.binance, kAt - kHour * 3, 1000);
  const Reading r = pick(t.readings(kAt), "oi_coins");
  EXPECT_EQ(r.state, State::pending);
  EXPECT_NE(r.reason.find("2026-01-29T21:00:00Z"), std::string::npos) << r.reason;
}

TEST(Prices, day_range_and_last) {
  Tape t;
  for (int h = 0; h < 30; ++h)
    t.candle(kAt - kHour * (30 - h), kHour, 100, h == 20 ? 130 : 110,
             h == 4    ? 50
             : h == 25 ? 70
                       : 90,
             100 + h);
  const auto readings = t.readings(kAt);
  EXPECT_EQ(*pick(readings, "price_usd").value, 129);
  EXPECT_EQ(*pick(readings, "price_low_24h").value, 70);  // the 50 was 26 hours ago
  EXPECT_EQ(*pick(readings, "price_high_24h").value, 130);
  EXPECT_EQ(pick(t.readings(kAt + kHour * 3), "price_usd").state, State::pending);
}

TEST(Prices, a_day_with_an_hour_missing_bounds_its_range_on_one_side) {
  Tape t;
  for (int h = 0; h < 24; ++h) {
    if (h != 12) t.candle(kAt - kHour * (24 - h), kHour, 100, 110, 90, 100);
  }
  const auto readings = t.readings(kAt);
  const Reading low = pick(readings, "price_low_24h"), high = pick(readings, "price_high_24h");
  EXPECT_EQ(low.high, 90);
  EXPECT_FALSE(low.low);
  EXPECT_EQ(high.low, 110);
  EXPECT_FALSE(high.high);
  EXPECT_NE(high.reason.find("23 of the 24 h seen"), std::string::npos) << high.reason;
}

TEST(Prices, a_recording_that_began_within_the_day_bounds_its_range_on_one_side) {
  for (const int minutes : {5, 25}) {
    Tape t;
    const InstrumentId id = t.instrument("okx", "BTC-USDT");
    for (int m = minutes; m < 1440; m += 5)
      t.put(id, "trades", kAt - kDay + Duration::minutes(m),
            Trade{.price = Price::nearest(100).value(), .qty = Qty::nearest(1).value()});
    const Reading high = pick(t.readings(kAt), "price_high_24h");
    EXPECT_EQ(high.low, 100) << minutes;
    EXPECT_EQ(high.high.has_value(), minutes == 5);
  }
}

TEST(Prices, realised_volatility_of_known_returns) {
  Tape t;
  for (int h = 0; h <= 30; ++h) {
    const double p = h % 2 == 0 ? 100 : 101;
    t.candle(kAt - kHour * (31 - h), kHour, p, p, p, p);
  }
  const Reading r = pick(t.readings(kAt), "realized_vol_24h");
  EXPECT_NEAR(*r.value, std::log(1.01) * std::sqrt(24 * 365), 1e-9);
  EXPECT_NEAR(*r.high, *r.value * std::exp(1.959963984540054 / std::sqrt(48)), 1e-9);
  EXPECT_DOUBLE_EQ(*r.coverage, 1);
  EXPECT_NE(r.reason.find("60 min returns"), std::string::npos) << r.reason;
  Tape four;  // four-hour candles are too few
  for (int i = 0; i < 12; ++i)
    four.candle(kAt - kHour * 4 * (12 - i), kHour * 4, 100, 100, 100, 100 + i);
  EXPECT_EQ(pick(four.readings(kAt), "realized_vol_24h").state, State::pending);
}

TEST(Prices, realised_volatility_recovers_the_volatility_of_a_random_walk) {
  double ratio = 0;
  for (uint32_t run = 0; run < 40; ++run) {
    Random random(5, {.entity = run});
    MinutePrices prices;
    double log_price = 11;
    const double sd = 0.6 / std::sqrt(365.0 * 1440);
    for (int m = 0; m <= 1440; ++m) {
      prices.push_back({1'000'000 + m, {}, std::exp(log_price)});
      log_price += sd * random.normal();
    }
    const auto vol = realized_vol(prices, 1'001'440, 0.9);
    ASSERT_TRUE(vol.has_value());
    EXPECT_EQ(vol->step_minutes, 5);
    ratio += vol->value / 0.6 / 40;
    EXPECT_NEAR(vol->value, 0.6, 0.1);  // 288 returns: standard error 4 %
  }
  EXPECT_NEAR(ratio, 1, 0.02);
}

// Step by step as it is defined, with a look-up for every minute.
std::optional<double> plain_realized_vol(const std::map<int64_t, double>& prices, int64_t end,
                                         double coverage_min) {
  for (const int64_t step : {5, 15, 30, 60}) {
    const int64_t expected = 1440 / step;
    double variances = 0;
    int usable = 0;
    for (int64_t offset = 0; offset < step; ++offset) {
      double squares = 0;
      int64_t count = 0, first = end - 1440;
      while (first % step != offset) ++first;
      for (int64_t m = first; m + step <= end; m += step) {
        if (!prices.contains(m) || !prices.contains(m + step)) continue;
        const double r = std::log(prices.at(m + step) / prices.at(m));
        squares += r * r;
        ++count;
      }
      const int64_t most = expected - (first > end - 1440);
      const double share = static_cast<double>(count) / static_cast<double>(most);
      if (count == 0 || share < coverage_min) continue;
      variances += squares / static_cast<double>(count);
      ++usable;
    }
    if (usable > 0) return std::sqrt(variances / usable * static_cast<double>(expected) * 365);
  }
  return std::nullopt;
}

TEST(Prices, realised_volatility_equals_its_definition_however_often_it_is_asked) {
  int found = 0, missing = 0;
  for (uint32_t run = 0; run < 60; ++run) {
    Random random(6, {.entity = run});
    const int64_t spacing = std::array{1, 5, 15, 60}[run % 4];
    const double left_out = run % 3 * 0.04;
    std::map<int64_t, double> plain;
    MinutePrices prices;
    for (int64_t m = 20'000'000; m < 20'003'000; m += spacing) {
      if (random.uniform() < left_out) continue;
      const double price = std::exp(11 + 0.001 * random.normal());
      plain[m] = price;
      prices.push_back({m, {}, price});
    }
    for (int64_t end = 20'002'000; end < 20'003'000; end += 10) {
      const auto expected = plain_realized_vol(plain, end, 0.9);
      const auto vol = realized_vol(prices, end, 0.9);
      ASSERT_EQ(vol.has_value(), expected.has_value()) << run << " " << end;
      (vol ? found : missing) += 1;
      if (vol) { ASSERT_EQ(vol->value, *expected) << run << " " << end; }
    }
  }
  EXPECT_GT(found, 500);
  EXPECT_GT(missing, 200);
}

TEST(Prices, basis_against_the_venues_own_index) {
  Tape t;
  const auto future = t.instrument("binance", "BTC-USDT-260430");  // 90 days and 8 hours
  const Instant at = kAt - Duration::minutes(1);
  t.put(future, "marks", at, MarkPrice{Price::nearest(82000).value()});
  t.put(t.binance, "marks", at, MarkPrice{Price::nearest(80080).value()});
  EXPECT_EQ(pick(t.readings(kAt), "basis_annual").state, State::pending);
  t.put(t.binance, "marks", at, IndexPrice{Price::nearest(80000).value()});
  const auto readings = t.readings(kAt);
  const Instant expiry = time_of("2026-04-30T08:00:00Z");
  EXPECT_NEAR(*pick(readings, "basis_annual", "binance", expiry).value,
              0.025 / ((90 + 8.0 / 24) / 365), 1e-12);
  EXPECT_NEAR(*pick(readings, "basis_perpetual", "binance").value, 0.001, 1e-12);
  EXPECT_EQ(pick(t.readings(kAt + kHour), "basis_annual").state, State::pending);
}

TEST(Flows, one_fund_is_not_the_market) {
  Scene s;
  const auto id = s.aggregate("sosovalue", "ETF");
  Holding h{.holder = "IBIT"};
  h.flow_usd = -317.8e6;
  s.put(id, "etf:ibit", kAt, h);
  Reading r = pick(s.readings(kAt), "etf_flow_usd_1d");
  EXPECT_EQ(r.state, State::pending);
  EXPECT_EQ(r.reason, "IBIT alone is not the market");
  EXPECT_EQ(pick(s.readings(kAt), "etf_flow_usd_1d", "IBIT").value, -317.8e6);
  h.holder = "ALL";
  h.flow_usd = -817.8e6;
  s.put(id, "etf:all", kAt, h);
  r = pick(s.readings(kAt), "etf_flow_usd_1d");
  EXPECT_EQ(r.value, -817.8e6);
  EXPECT_EQ(r.state, State::single_source);
}

}  // namespace
}  // namespace delever::gauges
