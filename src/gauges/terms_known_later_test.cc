// What a reading says when a term is unknown, known later, inferred or contradicted; one coin under
// many names; and what is not believed: zeros between large figures, clocks ahead, frozen prices.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

const Instant kKnownAt = time_of("2026-03-02T00:00:30Z");
const Instant kMidnight = time_of("2026-03-02T00:00:00Z");

bool says(const Reading& r, std::string_view what) { return r.reason.find(what) != r.reason.npos; }

struct Paid : Scene {
  explicit Paid(const std::string& venue, const std::string& name)
      : id(instrument(venue, name)), from(venue + ":history") {}
  void settle(Duration apart, int count, double rate, std::optional<Duration> stated = {}) {
    for (int n = 0; n < count; ++n) {
      const Instant at = kMidnight - apart * n;
      FundingRate f{.rate = Rate::nearest(rate).value(), .kind = FundingKind::settled};
      f.interval = stated;
      f.settles_at = at;
      put(id, from, at, f, at + Duration::seconds(3));
    }
  }
  Reading annual(const std::string& asset) {
    return pick(readings(kKnownAt, asset), "funding_annual", instruments[id].venue);
  }
  InstrumentId id;
  std::string from;
};

TEST(FundingTerms, the_distance_between_settlements_says_the_interval) {
  for (const int hours : {1, 2, 4, 8}) {
    Paid scene("bybit", "BTC-USDT-PERP");
    scene.settle(Duration::hours(hours), 30 / hours + 2, 0.0002);
    const Reading r = scene.annual("BTC");
    ASSERT_TRUE(r.value) << hours << ": " << r.reason;
    EXPECT_NEAR(*r.value, 0.0002 * 24 / hours * 365, 1e-12) << hours;
    EXPECT_TRUE(says(r, "distances between settlements")) << r.reason;
    EXPECT_NEAR(*r.coverage, 1, 1e-12);
    EXPECT_EQ(pick(scene.readings(kKnownAt), "funding_rate", "bybit").window,
              Duration::hours(hours));
  }
}

TEST(FundingTerms, a_hole_between_settlements_is_no_longer_interval) {
  Paid scene("okx", "DOGE-USDT-PERP");
  scene.settle(Duration::hours(2), 20, 0.0003);
  scene.events.erase(scene.events.begin() + 4);  // 8 h before midnight
  const Reading r = scene.annual("DOGE");
  ASSERT_TRUE(r.value) << r.reason;
  EXPECT_NEAR(*r.value, 0.0003 * 12 * 365, 1e-12);
  EXPECT_NEAR(*r.coverage, 11.0 / 12, 1e-12);
}

TEST(FundingTerms, a_change_of_interval_within_the_day) {
  Paid scene("binance", "DOGE-USDT-PERP");
  // Every 8 h to 08:00, every 4 h since.
  for (const int before : {0, 4, 8, 12, 16, 24, 32, 40}) {
    FundingRate f{.rate = Rate::nearest(0.0004).value(), .kind = FundingKind::settled};
    f.settles_at = kMidnight - Duration::hours(before);
    scene.put(scene.id, scene.from, *f.settles_at, f);
  }
  const Reading r = scene.annual("DOGE");
  ASSERT_TRUE(r.value) << r.reason;
  EXPECT_NEAR(*r.value, 0.0004 * (4 + 1) * 365, 1e-12);  // four of 4 h and one of 8 h fill the day
  EXPECT_NEAR(*r.coverage, 1, 1e-12);
}

TEST(FundingTerms, an_unknown_interval_is_a_range_and_no_point) {
  Paid scene("binance", "DOGE-USDT-PERP");
  scene.settle(Duration::hours(8), 1, 0.0001);
  const Reading r = scene.annual("DOGE");
  EXPECT_EQ(r.state, State::pending);
  EXPECT_FALSE(r.value);
  ASSERT_TRUE(r.low && r.high) << r.reason;
  EXPECT_NEAR(*r.low, 0.0001 * 3 * 365, 1e-12);
  EXPECT_NEAR(*r.high, 0.0001 * 24 * 365, 1e-12);
  EXPECT_TRUE(says(r, "8 h or 1 h")) << r.reason;
  // Our table names Bitcoin, and the reading says that it rests on it.
  Paid known("binance", "BTC-USDT-PERP");
  known.settle(Duration::hours(8), 1, 0.0001);
  const Reading rate = pick(known.readings(kKnownAt), "funding_rate", "binance");
  EXPECT_EQ(rate.window, Duration::hours(8));
  EXPECT_TRUE(says(rate, "our table of 2026-01-30")) << rate.reason;
}

TEST(FundingTerms, a_stated_interval_longer_than_settlements_are_apart_is_a_contradiction) {
  Paid scene("bybit", "ETH-USDT-PERP");
  scene.settle(Duration::hours(4), 9, 0.0001, Duration::hours(8));
  const Reading r = scene.annual("ETH");
  EXPECT_EQ(r.state, State::pending);
  EXPECT_TRUE(says(r, "contradict")) << r.reason;
}

TEST(Terms, a_contract_size_that_comes_later_serves_what_came_before) {
  const auto run = [](bool late) {
    Scene scene;
    const auto id = scene.instrument("okx", "DOGE-USDT-PERP", late ? 0 : 50);
    scene.alive(id, "okx:any", kKnownAt - Duration::days(2), kKnownAt);
    // One before the window: from it on the stream counts as recorded.
    scene.liquidation(id, "okx:liquidation-orders", kKnownAt - Duration::hours(25),
                      PositionSide::long_side, 1, 0.25, LiquidationFeed::complete);
    scene.liquidation(id, "okx:liquidation-orders", kKnownAt - Duration::hours(5),
                      PositionSide::long_side, 30, 0.25, LiquidationFeed::complete);
    OpenInterest open;
    open.contracts = Qty::parse("700").value();
    scene.put(id, "okx:open-interest", kKnownAt - Duration::minutes(5), open);
    if (!late) return scene.readings(kKnownAt, "DOGE");
    Gauges gauges("DOGE", shipped_rules(), scene.instruments, scene.sources);
    for (const Event& e : scene.ordered()) {
      if (e.received <= kKnownAt - Duration::minutes(1)) gauges.on_event(e);
    }
    Instrument listed = scene.instruments[id];
    listed.contract_size = Qty::parse("50").value();
    scene.instruments.add(listed);
    Event event{.instrument = id, .at = kKnownAt, .received = kKnownAt};
    event.payload = InstrumentListed{};
    gauges.on_event(event);
    return gauges.readings(kKnownAt);
  };
  const auto early = run(false), late = run(true);
  for (const char* name : {"liq_long_usd_24h", "oi_coins"}) {
    const Reading a = pick(early, name, "okx"), b = pick(late, name, "okx");
    EXPECT_EQ(a.value, b.value) << name;
    EXPECT_TRUE(a.value || a.low) << name << a.reason;
  }
  EXPECT_EQ(pick(late, "oi_coins", "okx").value, 35000);
}

TEST(Terms, one_coin_under_three_names) {
  Scene scene;
  const auto thousand = scene.instrument("binance", "1000FLOKI-USDT-PERP");
  const auto plain = scene.instrument("okx", "FLOKI-USDT-PERP", 100000);
  const auto put = [&](InstrumentId id, const char* contracts, double price) {
    OpenInterest open;
    open.contracts = Qty::parse(contracts).value();
    scene.put(id, "x", kKnownAt - Duration::minutes(2), open);
    scene.put(id, "x", kKnownAt - Duration::minutes(2), MarkPrice{Price::nearest(price).value()});
  };
  put(thousand, "2000", 0.08);
  put(plain, "30", 0.00008);
  const auto readings = scene.readings(kKnownAt, "FLOKI");
  EXPECT_EQ(pick(readings, "oi_coins", "binance").value, 2e6);
  EXPECT_EQ(pick(readings, "oi_coins", "okx").value, 3e6);
  EXPECT_NEAR(*pick(readings, "oi_usd", "binance").value, 160, 1e-9);
  EXPECT_NEAR(*pick(readings, "price_usd").value, 0.00008, 1e-12);
}

TEST(Terms, a_contract_in_another_coin_is_valued_by_its_coins) {
  Scene scene;
  const auto cross = scene.instrument("binance", "LTC-BTC-PERP");
  const auto dollars = scene.instrument("binance", "LTC-USDT-PERP");
  scene.alive(cross, "binance:any", kKnownAt - Duration::days(2), kKnownAt);
  scene.liquidation(cross, "binance:!forceOrder", kKnownAt - Duration::hours(25),
                    PositionSide::long_side, 1, 0.001, LiquidationFeed::complete);
  scene.liquidation(cross, "binance:!forceOrder", kKnownAt - Duration::hours(2),
                    PositionSide::long_side, 500, 0.001, LiquidationFeed::complete);
  const auto value = [&] {
    return pick(scene.readings(kKnownAt, "LTC"), "liq_long_usd_24h", "binance");
  };
  EXPECT_EQ(value().state, State::pending);
  scene.put(dollars, "binance:mark", kKnownAt - Duration::hours(2) - Duration::minutes(1),
            IndexPrice{Price::parse("90").value()});
  EXPECT_NEAR(*value().value, 45000, 1e-6);
}

TEST(Terms, a_builders_market_does_not_stand_for_the_venue) {
  for (const bool builder_first : {true, false}) {
    Scene scene;
    const auto make = [&](const char* symbol) {
      Instrument i = parse_name("BTC-USDC-PERP").value();
      i.venue = "hyperliquid";
      i.symbol = symbol;
      i.contract_size = Qty::raw(Qty::scale);
      return scene.instruments.intern(i.venue, i.symbol, [&] { return i; });
    };
    const auto first = make(builder_first ? "abcd:BTC" : "BTC");
    const auto second = make(builder_first ? "BTC" : "abcd:BTC");
    for (const auto& [id, price] : {std::pair(first, builder_first ? 70100.0 : 70000.0),
                                    std::pair(second, builder_first ? 70000.0 : 70100.0)})
      scene.put(id, "hyperliquid:ctx", kKnownAt - Duration::minutes(1),
                MarkPrice{Price::nearest(price).value()});
    const Reading r = pick(scene.readings(kKnownAt), "price_usd");
    EXPECT_EQ(r.value, 70000);
    EXPECT_TRUE(says(r, "abcd:BTC run by others")) << r.reason;
    EXPECT_EQ(pick(scene.readings(kKnownAt, "abcd:BTC"), "price_usd").value, 70100);
  }
}

TEST(Terms, a_pair_that_only_its_listing_names) {
  for (const bool listed_first : {true, false}) {
    Scene scene;
    Instrument pair{.venue = "hyperliquid",
                    .symbol = "@77",
                    .kind = InstrumentKind::spot,
                    .base = "@77",
                    .quote = "USDC",
                    .settle = "USDC"};
    const auto id =
        scene.instruments.intern("hyperliquid", "@77", InstrumentKind::spot, [&] { return pair; });
    std::vector<Source> sources{{"hyperliquid:spot", "hyperliquid", ""}};
    Gauges gauges("PURR", shipped_rules(), scene.instruments, sources);
    const auto at = [&](Duration before, EventPayload payload) {
      gauges.on_event({id, 0, kKnownAt - before, kKnownAt - before, std::move(payload)});
    };
    const auto list = [&](Duration before) {
      pair.base = "PURR";
      scene.instruments.add(pair);
      at(before, InstrumentListed{"live"});
    };
    if (listed_first) list(Duration::minutes(4));
    at(Duration::minutes(3), MarkPrice{Price::parse("0.21").value()});
    if (!listed_first) list(Duration::minutes(2));
    EXPECT_EQ(pick(gauges.readings(kKnownAt), "price_usd").value, 0.21) << listed_first;
  }
}

TEST(NotBelieved, a_row_of_zero_between_large_ones) {
  Scene scene;
  const auto id = scene.instrument("binance", "BTC-USDT-PERP");
  const auto open = [&](Duration before, double coins) {
    OpenInterest o;
    o.contracts = Qty::nearest(coins).value();
    scene.put(id, "binance:metrics", kKnownAt - before, o);
  };
  open(Duration::hours(24) + Duration::minutes(2), 5100);
  open(Duration::minutes(20), 5000);
  open(Duration::minutes(2), 0);
  OpenInterest left_over;  // the value of an older row stands beside the nothing
  left_over.contracts = Qty();
  left_over.value_usd = 4.2e8;
  scene.put(id, "binance:metrics", kKnownAt - Duration::minutes(1), left_over);
  const Reading level = pick(scene.readings(kKnownAt), "oi_coins", "binance");
  EXPECT_EQ(level.value, 5000);
  EXPECT_TRUE(says(level, "row of 0")) << level.reason;
  EXPECT_EQ(pick(scene.readings(kKnownAt), "oi_change_24h_coins", "binance").value, -100);
  // Zeros that go on: the last figure grows old, and there is no reading.
  const Instant later = kKnownAt + Duration::hours(2);
  EXPECT_EQ(pick(scene.readings(later), "oi_coins", "binance").state, State::pending);
}

// The last mark of a delisted contract is sent for ever; its coin goes on under another name.
TEST(NotBelieved, a_mark_that_is_told_again_and_again) {
  Scene scene;
  const auto mark = [&](const char* name, Duration before, double price) {
    const auto id = scene.instrument("binance", name);
    scene.put(id, "binance:!markPrice@arr", kAt - before, MarkPrice{Price::nearest(price).value()});
  };
  for (int minute = 420; minute > 0; minute -= 5)
    mark("GONE-USDT-PERP", Duration::minutes(minute), 2);
  const Reading frozen = pick(scene.readings(kAt, "GONE"), "price_usd");
  EXPECT_EQ(frozen.state, State::pending);
  EXPECT_TRUE(says(frozen, "has not moved for 6h 55m: frozen")) << frozen.reason;
  mark("MATIC-USDT-PERP", Duration::minutes(1), 0.38);
  mark("POL-USDT-PERP", Duration::minutes(2), 0.2);
  EXPECT_EQ(pick(scene.readings(kAt, "POL"), "price_usd").value, 0.2);
}

TEST(Terms, funding_of_a_renamed_coin_is_that_of_today) {
  Scene scene;
  const auto old_name = scene.instrument("binance", "MATIC-USDT-PERP"),
             new_name = scene.instrument("binance", "POL-USDT-PERP");
  for (int settled = 0; settled < 40; ++settled) {
    const Instant at = kAt - Duration::hours(8 * settled);
    const FundingRate rate{.rate = Rate::parse(settled < 10 ? "0.0001" : "0.0009").value(),
                           .kind = FundingKind::settled,
                           .settles_at = at};
    scene.put(settled < 10 ? new_name : old_name, "binance:fundingRate", at, rate);
  }
  EXPECT_NEAR(pick(scene.readings(kAt, "POL"), "funding_annual", "binance").value.value_or(-1),
              0.1095, 1e-9);
}

// Which of a venue's markets speaks for it does not hang on which was heard first.
TEST(Terms, the_market_that_speaks_for_a_venue) {
  for (const bool turned : {false, true}) {
    Scene scene;
    std::vector<std::pair<const char*, double>> marks{
        {"BTC-USDT-PERP", 84'000}, {"BTC-USDC-PERP", 84'050}, {"BTC-USD-PERP@BTC", 84'020}};
    if (turned) std::reverse(marks.begin(), marks.end());
    for (const auto& [name, price] : marks)
      scene.put(scene.instrument("binance", name), "binance", kAt - Duration::minutes(1),
                MarkPrice{Price::nearest(price).value()});
    EXPECT_EQ(pick(scene.readings(kAt), "price_usd").value, 84'000);
  }
}

// Coins or dollars of 0 beside contracts are fields that were not filled.
TEST(NotBelieved, a_measure_of_zero_beside_contracts) {
  Scene scene;
  const auto id = scene.instrument("okx", "BTC-USDT-PERP", 0.01);
  const auto open = [&](Duration before, double coins, double dollars) {
    OpenInterest o;
    o.contracts = Qty::nearest(3'000'000).value();
    o.coins = coins;
    o.value_usd = dollars;
    scene.put(id, "okx:open-interest", kAt - before, o);
  };
  open(Duration::hours(24) + Duration::minutes(2), 30'000, 2.4e9);
  scene.put(id, "okx:mark", kAt - Duration::minutes(2), MarkPrice{Price::nearest(81e3).value()});
  open(Duration::minutes(1), 0, 0);
  const auto readings = scene.readings(kAt);
  EXPECT_DOUBLE_EQ(pick(readings, "oi_coins", "okx").value.value_or(-1), 30'000);
  EXPECT_DOUBLE_EQ(pick(readings, "oi_usd", "okx").value.value_or(-1), 2.43e9);
  EXPECT_NEAR(pick(readings, "oi_change_24h_usd", "okx").value.value_or(-1), 3e7, 1e-3);
}

// One option may be closed; all of an expiry at once are a snapshot that went wrong.
TEST(NotBelieved, an_expiry_that_says_zero_throughout) {
  Scene scene;
  const auto call = scene.instrument("deribit", "BTC-USD-260327-90000-C@BTC"),
             put = scene.instrument("deribit", "BTC-USD-260327-80000-P@BTC");
  const auto quote = [&](InstrumentId id, Duration before, double coins) {
    OptionQuote q;
    q.open_interest = Qty::nearest(coins).value();
    scene.put(id, "deribit:summary", kAt - before, q);
  };
  quote(call, Duration::hours(1), 1000);
  quote(put, Duration::hours(1), 500);
  quote(call, Duration::minutes(9), 0);
  quote(put, Duration::minutes(9), 500);
  EXPECT_EQ(pick(scene.readings(kAt), "options_oi").value, 500) << "one was closed";
  quote(put, Duration::minutes(3), 0);
  const Reading emptied = pick(scene.readings(kAt), "options_oi");
  EXPECT_EQ(emptied.state, State::pending);
  EXPECT_TRUE(says(emptied, "all 2 instruments say 0")) << emptied.reason;
  quote(call, Duration::minutes(1), 900);
  quote(put, Duration::minutes(1), 500);
  EXPECT_EQ(pick(scene.readings(kAt), "options_oi").value, 1400);
}

TEST(NotBelieved, prices_in_another_money_are_named) {
  Scene scene;
  const auto id = scene.instrument("binance", "BTC-EUR-PERP");
  scene.put(id, "binance:marks", kKnownAt - Duration::minutes(1),
            MarkPrice{Price::nearest(61000).value()});
  const Reading r = pick(scene.readings(kKnownAt), "price_usd");
  EXPECT_EQ(r.state, State::pending);
  EXPECT_TRUE(says(r, "no prices of BTC in dollars, only in EUR")) << r.reason;
}

TEST(NotBelieved, a_clock_that_runs_ahead) {
  Scene scene;
  const auto id = scene.instrument("okx", "BTC-USDT-PERP", 0.01);
  scene.put(id, "okx:mark", kKnownAt + Duration::hours(3), MarkPrice{Price::parse("71000").value()},
            kKnownAt - Duration::minutes(1));
  const auto readings = scene.readings(kKnownAt);
  for (const Reading& r : readings) EXPECT_FALSE(r.as_of && *r.as_of > kKnownAt) << r.name;
  const Reading price = pick(readings, "price_usd");
  EXPECT_EQ(price.state, State::pending);
  EXPECT_TRUE(says(price, "stamped up to")) << price.reason;
}

TEST(NotBelieved, a_stamp_of_before_there_was_a_market) {
  Scene scene;
  const auto id = scene.instrument("bybit", "BTC-USDT-PERP");
  // Seconds where milliseconds are meant.
  const Instant stamped = Instant::ns(kKnownAt.ns() / 1000);
  OpenInterest open;
  open.contracts = Qty::nearest(4000).value();
  scene.put(id, "bybit:tickers", stamped, open, kKnownAt - Duration::minutes(1));
  scene.put(id, "bybit:tickers", stamped, MarkPrice{Price::parse("71000").value()},
            kKnownAt - Duration::minutes(1));
  const Reading r = pick(scene.readings(kKnownAt), "price_usd");
  EXPECT_EQ(r.state, State::pending);
  EXPECT_TRUE(says(r, "2 figures stamped before 2009")) << r.reason;
  EXPECT_FALSE(says(r, "later than they were received")) << r.reason;
}

TEST(NotBelieved, a_price_that_never_moves_has_no_volatility) {
  Scene scene;
  const auto id = scene.instrument("bybit", "BTC-USDT-PERP");
  for (Instant t = kKnownAt - Duration::hours(25); t <= kKnownAt; t = t + Duration::minutes(1))
    scene.put(id, "bybit:mark", t, MarkPrice{Price::parse("70000").value()});
  const Reading r = pick(scene.readings(kKnownAt), "realized_vol_24h");
  EXPECT_EQ(r.state, State::pending);
  EXPECT_TRUE(says(r, "frozen")) << r.reason;
}

TEST(NotBelieved, options_without_a_contract_size_are_not_nothing) {
  Scene scene;
  const auto sized = scene.instrument("deribit", "BTC-USD-260327-80000-C@BTC");
  const auto unsized = scene.instrument("okx", "BTC-USD-260327-80000-C@BTC", 0);
  for (const auto id : {sized, unsized}) {
    OptionQuote q;
    q.open_interest = Qty::parse("25").value();
    scene.put(id, "options", kKnownAt - Duration::minutes(3), q);
  }
  const auto readings = scene.readings(kKnownAt);
  EXPECT_EQ(pick(readings, "options_oi", "okx").state, State::pending);
  const Reading total = pick(readings, "options_oi");
  EXPECT_EQ(total.value, 25);
  EXPECT_EQ(total.low, 25);
  EXPECT_FALSE(total.high);
}

TEST(Options, open_interest_in_a_message_of_its_own) {
  Scene scene;
  const auto call = scene.instrument("binance", "ETH-USDT-260327-3000-C");
  OpenInterest open;
  open.contracts = Qty::parse("14").value();
  scene.put(call, "binance:openInterest", kKnownAt - Duration::minutes(3), open);
  EXPECT_EQ(pick(scene.readings(kKnownAt, "ETH"), "options_oi").value, 14);
}

// Of pairs that only a list names the newest events are kept, and what was dropped is said.
TEST(TermsKnownLater, what_came_before_its_name_and_was_too_much_is_counted) {
  Scene scene;
  const auto plain = scene.instrument("hyperliquid", "BTC-USDC-PERP");
  Instruments& table = scene.instruments;
  const auto pair = table.add({.venue = "hyperliquid", .symbol = "@107", .base = "@107"});
  const Instant end = time_of("2026-01-30T00:00:00Z");
  Gauges gauges("BTC", shipped_rules(), table, scene.sources);
  const SourceId source = scene.source("hyperliquid:trades");
  const int extra = 50;
  for (int n = 100'000 + extra; n >= 1; --n) {
    const Instant at = end - Duration::ms(n * 100);
    Trade trade{.price = Price::nearest(80000 + n % 7).value(), .qty = Qty::nearest(1).value()};
    gauges.on_event({pair, source, at, at, trade});
  }
  const Instrument named{.venue = "hyperliquid",
                         .symbol = "@107",
                         .base = "BTC",
                         .quote = "USDC",
                         .settle = "USDC",
                         .contract_size = Qty::nearest(1).value()};
  ASSERT_EQ(table.add(named), pair);
  gauges.on_event({pair, source, end, end, InstrumentListed{"listed"}});
  const Reading price = pick(gauges.readings(end), "price_usd");
  EXPECT_EQ(price.value, 80001);  // the newest of them
  const Reading low = pick(gauges.readings(end), "realized_vol_24h");
  EXPECT_NE(low.reason.find("50 events of @107 to"), std::string::npos) << low.reason;
  // What rests on later hours alone has nothing to say of it.
  const Instant later = end + Duration::hours(3);
  gauges.on_event({plain, source, later, later, MarkPrice{Price::nearest(81000).value()}});
  EXPECT_EQ(pick(gauges.readings(later), "price_usd").reason.find("@107"), std::string::npos);
}

TEST(TermsKnownLater, a_wrong_clock_is_told_of_its_own_time) {
  Scene scene;
  const auto id = scene.instrument("binance", "BTC-USDT-PERP");
  const Instant start = time_of("2026-01-20T00:00:00Z");
  const MarkPrice mark{Price::nearest(80000).value()};
  scene.put(id, "binance:mark", start + Duration::hours(8), mark, start);
  for (int h = 0; h < 100; ++h) scene.put(id, "binance:mark", start + Duration::hours(h), mark);
  const auto reason = [&](int hours) {
    return pick(scene.readings(start + Duration::hours(hours)), "price_usd").reason;
  };
  EXPECT_NE(reason(20).find("1 figures stamped up to 8h 0m later"), std::string::npos);
  EXPECT_EQ(reason(60).find("stamped"), std::string::npos) << reason(60);
}

}  // namespace
}  // namespace delever::gauges
