// Goal: the definitions of M0 on small known days: shares, oscillators, means, percentiles,
// windows; and who is counted once.
#include "gauges/liquidations.h"

#include <map>
#include <set>

#include "base/random.h"
#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

constexpr auto kLong = PositionSide::long_side;
constexpr auto kShort = PositionSide::short_side;

// `days` published days that end at `end`, all alike.
Scene published(Instant end, int days, double longs, double shorts) {
  Scene scene;
  const auto id = scene.aggregate("coinglass", "BTC");
  for (int d = days; d >= 1; --d) scene.total(id, end - kDay * d, longs, shorts);
  return scene;
}

TEST(Liquidations, share_and_oscillator) {
  struct Case {
    double longs, shorts;
    std::optional<double> osc, share;
  };
  for (const Case& c : {Case{98.5e6, 1.5e6, 0.97, 0.985}, Case{1e6, 0, 1, 1}, Case{0, 2e6, -1, 0},
                        Case{3e6, 3e6, 0, 0.5}, Case{4e5, 4e5, {}, {}}, Case{0, 0, {}, {}}}) {
    const auto readings = published(kAt, 1, c.longs, c.shorts).readings(kAt);
    const Reading osc = pick(readings, "liq_dominance_osc"),
                  share = pick(readings, "liq_long_share");
    EXPECT_EQ(osc.value.has_value(), c.osc.has_value());
    if (c.osc) {
      EXPECT_DOUBLE_EQ(*osc.value, *c.osc);
      EXPECT_DOUBLE_EQ(*share.value, *c.share);
      EXPECT_EQ(osc.state, State::single_source);
    } else {
      EXPECT_EQ(osc.state, State::pending);
      EXPECT_NE(osc.reason.find("below the floor"), std::string::npos) << osc.reason;
    }
    EXPECT_EQ(pick(readings, "liq_total_usd_24h").value, c.longs + c.shorts);
    EXPECT_EQ(pick(readings, "liq_total_usd_24h").low, c.longs + c.shorts);
    EXPECT_FALSE(
        pick(readings, "liq_total_usd_24h").high.has_value());  // the vendor sums thinned feeds
    EXPECT_EQ(osc.rule, "rules/2026-01-30.toml#liquidation");
    EXPECT_EQ(osc.window, kDay);
  }
}

TEST(Liquidations, published_day_is_dated_and_goes_stale) {
  const Scene scene = published(kAt, 3, 9e6, 1e6);
  const auto later = scene.readings(kAt + Duration::hours(15));
  const Reading r = pick(later, "liq_dominance_osc");
  EXPECT_DOUBLE_EQ(*r.value, 0.8);
  EXPECT_EQ(r.as_of, kAt);
  EXPECT_NE(r.reason.find("the 24 h to 2026-01-30T00:00:00Z, 15h 0m before"), std::string::npos)
      << r.reason;
  const Reading stale = pick(scene.readings(kAt + Duration::hours(26)), "liq_dominance_osc");
  EXPECT_EQ(stale.state, State::pending);
  EXPECT_FALSE(stale.value.has_value());
  EXPECT_NE(stale.reason.find("2026-01-30T00:00:00Z"), std::string::npos) << stale.reason;
  const Reading before = pick(scene.readings(kAt - kDay * 30), "liq_dominance_osc");
  EXPECT_EQ(before.state, State::pending);
}

TEST(Liquidations, hours_of_a_vendor_make_a_window_at_any_hour) {
  Scene scene;
  const auto id = scene.aggregate("coinglass", "BTC");
  for (int h = 0; h < 40; ++h) {
    const Instant from = kAt - Duration::hours(40 - h), to = from + Duration::hours(1);
    scene.put(id, "vendor:hourly", to, LiquidationTotal{from, to, h * 1e6, 1e6});
  }
  const auto readings = scene.readings(kAt);
  EXPECT_DOUBLE_EQ(*pick(readings, "liq_long_usd_24h").value, 1e6 * (16 + 39) * 24 / 2);
  EXPECT_DOUBLE_EQ(*pick(readings, "liq_short_usd_24h").value, 24e6);
  scene.events.erase(scene.events.begin() + 30);
  const Reading holed = pick(scene.readings(kAt), "liq_long_usd_24h");
  EXPECT_EQ(holed.state, State::pending);
  EXPECT_NE(holed.reason.find("do not fill"), std::string::npos) << holed.reason;
}

TEST(Liquidations, mean_needs_27_of_30_complete_days) {
  const auto of = [](int days, Instant at) { return published(kAt, days, 8e6, 2e6).readings(at); };
  const Reading whole = pick(of(40, kAt), "liq_dominance_osc_ma30");
  EXPECT_DOUBLE_EQ(*whole.value, 0.6);
  EXPECT_EQ(whole.coverage, 1.0);
  EXPECT_NE(whole.reason.find("2025-12-31 to 2026-01-29"), std::string::npos) << whole.reason;
  EXPECT_EQ(whole.window, kDay * 30);
  EXPECT_DOUBLE_EQ(*pick(of(27, kAt), "liq_dominance_osc_ma30").coverage, 0.9);
  const Reading refused = pick(of(26, kAt), "liq_dominance_osc_ma30");
  EXPECT_EQ(refused.state, State::pending);
  EXPECT_NE(refused.reason.find("26 of the 30"), std::string::npos) << refused.reason;
  // The day that runs is no day of the mean: at noon the 30 days are the same as at midnight.
  EXPECT_EQ(pick(of(40, kAt + Duration::hours(12)), "liq_dominance_osc_ma30").value, whole.value);
}

TEST(Liquidations, means_by_day_and_by_volume_differ) {
  Scene scene = published(kAt - kDay, 29, 6e6, 4e6);                          // oscillator 0.2
  scene.total(scene.aggregate("coinglass", "BTC"), kAt - kDay, 985e6, 15e6);  // 0.97, of a billion
  const auto readings = scene.readings(kAt);
  EXPECT_NEAR(*pick(readings, "liq_dominance_osc_ma30").value, (29 * 0.2 + 0.97) / 30, 1e-15);
  EXPECT_NEAR(*pick(readings, "liq_dominance_osc_ma30_weighted").value,
              (29 * 2e6 + 970e6) / (290e6 + 1000e6), 1e-15);
  EXPECT_NEAR(*pick(readings, "liq_long_share_ma30").value, (29 * 0.6 + 0.985) / 30, 1e-15);
  // M0: a mean oscillator of 0.314 is a mean share of 0.657.
  const double osc = *pick(readings, "liq_dominance_osc_ma30").value;
  EXPECT_NEAR(*pick(readings, "liq_long_share_ma30").value, (1 + osc) / 2, 1e-15);
}

TEST(Liquidations, quiet_days_do_not_count) {
  Scene scene;
  const auto id = scene.aggregate("coinglass", "BTC");
  for (int d = 30; d >= 1; --d)
    scene.total(id, kAt - kDay * d, d <= 2 ? 1e5 : 8e6, d <= 2 ? 1e5 : 2e6);
  const Reading r = pick(scene.readings(kAt), "liq_dominance_osc_ma30");
  EXPECT_DOUBLE_EQ(*r.value, 0.6);
  EXPECT_DOUBLE_EQ(*r.coverage, 28.0 / 30);
}

TEST(Liquidations, percentile_is_of_the_days_before_the_window) {
  Scene scene;
  const auto id = scene.aggregate("coinglass", "BTC");
  for (int d = 201; d >= 2; --d)
    scene.total(id, kAt - kDay * d, d % 2 == 0 ? 9e6 : 1e6, d % 2 == 0 ? 1e6 : 9e6);
  scene.total(id, kAt - kDay, 5e6, 5e6);
  auto readings = scene.readings(kAt);
  EXPECT_DOUBLE_EQ(*pick(readings, "liq_dominance_osc_percentile").value, 0.5);
  const std::string& reason = pick(readings, "liq_dominance_osc_percentile").reason;
  EXPECT_NE(reason.find("200 days from 2025-07-13 to 2026-01-28"), std::string::npos) << reason;
  scene.events.back().payload = LiquidationTotal{kAt - kDay, kAt, 9e6, 1e6};  // ties count half
  readings = scene.readings(kAt);
  EXPECT_DOUBLE_EQ(*pick(readings, "liq_dominance_osc_percentile").value, 0.75);
  EXPECT_DOUBLE_EQ(*pick(readings, "liq_dominance_osc_percentile_weighted").value, 0.75);
  EXPECT_EQ(pick(published(kAt, 90, 9e6, 1e6).readings(kAt), "liq_dominance_osc_percentile").state,
            State::pending);
}

TEST(Liquidations, a_revision_replaces) {
  Scene scene = published(kAt, 1, 9e6, 1e6);
  scene.put(scene.aggregate("coinglass", "BTC"), "vendor:liquidations", kAt,
            LiquidationTotal{kAt - kDay, kAt, 7e6, 3e6}, kAt + Duration::hours(1));
  EXPECT_DOUBLE_EQ(*pick(scene.readings(kAt), "liq_dominance_osc").value, 0.8);
  const Instant later = kAt + Duration::hours(2);
  EXPECT_DOUBLE_EQ(*pick(scene.readings(later), "liq_dominance_osc").value, 0.4);
  EXPECT_DOUBLE_EQ(*pick(scene.readings(later), "liq_total_usd_24h").value, 1e7);
}

struct Venues : Scene {
  InstrumentId binance = instrument("binance", "BTC-USDT-PERP");
  InstrumentId inverse = instrument("binance", "BTC-USD-PERP@BTC", 100);
  InstrumentId unknown = instrument("okx", "BTC-USDT-PERP", 0);  // contract table not seen
  InstrumentId bybit = instrument("bybit", "BTC-USDT-PERP");
  const std::string force = "binance:!forceOrder@arr", all = "bybit:allLiquidation.BTCUSDT";

  Venues() {
    for (const auto& [id, name] : {std::pair{binance, force}, {bybit, all}})
      alive(id, name, kAt - kDay - kDay, kAt);
    // The streams are known to carry liquidations from before the window on.
    liquidation(binance, force, kAt - kDay - Duration::hours(1), kLong, 9, 80000,
                LiquidationFeed::latest_per_second);
    liquidation(bybit, all, kAt - kDay - Duration::hours(1), kLong, 9, 80000,
                LiquidationFeed::complete);
  }
};

TEST(Liquidations, from_single_events_by_venue_and_summed) {
  Venues scene;
  scene.liquidation(scene.binance, scene.force, kAt - Duration::hours(2), kLong, 25, 80000,
                    LiquidationFeed::latest_per_second);  // 2,000,000 USD
  scene.liquidation(scene.inverse, scene.force, kAt - Duration::hours(1), kShort, 5000, 80000,
                    LiquidationFeed::latest_per_second);  // 500,000 USD
  scene.liquidation(scene.bybit, scene.all, kAt - Duration::minutes(90), kLong, 10, 79000,
                    LiquidationFeed::complete);
  const auto readings = scene.readings(kAt);
  const Reading bybit = pick(readings, "liq_long_usd_24h", "bybit");
  EXPECT_DOUBLE_EQ(*bybit.value, 790000);
  EXPECT_EQ(bybit.low, bybit.value);
  EXPECT_EQ(bybit.high, bybit.value);  // a complete feed
  const Reading binance = pick(readings, "liq_long_usd_24h", "binance");
  EXPECT_DOUBLE_EQ(*binance.value, 2e6);
  EXPECT_DOUBLE_EQ(*binance.low, 2e6);
  ASSERT_TRUE(binance.high.has_value());
  EXPECT_GT(*binance.high, 2e6);
  EXPECT_LT(*binance.high, 3e6);
  EXPECT_DOUBLE_EQ(*pick(readings, "liq_short_usd_24h", "binance").value, 5e5);
  const Reading total = pick(readings, "liq_total_usd_24h");
  EXPECT_DOUBLE_EQ(*total.value, 3'290'000);
  EXPECT_NEAR(*total.coverage, 2.0 / 3, 0.01);
  EXPECT_FALSE(total.high.has_value());  // okx is missing, and may hold anything
  EXPECT_NE(total.reason.find("without okx"), std::string::npos) << total.reason;
  EXPECT_EQ(total.state, State::single_source);
  const Reading osc = pick(readings, "liq_dominance_osc", "binance");
  EXPECT_DOUBLE_EQ(*osc.value, 0.6);
  EXPECT_LT(*osc.low, 0.6);
  EXPECT_GT(*osc.high, 0.6);
  EXPECT_NEAR(*pick(readings, "liq_concentration_1h").value, 2.79 / 3.29, 1e-12);
  EXPECT_NEAR(*pick(readings, "liq_concentration_1m").value, 2.0 / 3.29, 1e-12);
}

TEST(Liquidations, a_venue_that_the_rule_leaves_out_stands_beside_the_sum) {
  Venues scene;
  const auto other = scene.instrument("hyperliquid", "BTC-USDC-PERP");
  scene.alive(other, "hyperliquid:trades", kAt - kDay * 2, kAt);
  scene.liquidation(scene.bybit, scene.all, kAt - Duration::hours(1), kLong, 10, 80000,
                    LiquidationFeed::complete);
  scene.liquidation(other, "hyperliquid:trades", kAt - Duration::hours(1), kLong, 2, 80000,
                    LiquidationFeed::complete);
  scene.liquidation(other, "hyperliquid:trades", kAt - Duration::hours(1), kShort, 1, 80000,
                    LiquidationFeed::complete);
  const Reading total = pick(scene.readings(kAt), "liq_total_usd_24h");
  EXPECT_DOUBLE_EQ(*total.value, 800000);
  EXPECT_NE(total.reason.find("by the rule not in it: hyperliquid (seen with it: longs 960000 USD, "
                              "shorts 80000 USD, together 1.04M USD)"),
            std::string::npos)
      << total.reason;
}

TEST(Liquidations, two_streams_of_one_venue_count_once) {
  Venues scene;
  const auto both = [&](Instant at, double qty) {
    for (const std::string& stream : {scene.force, std::string("binance:btcusdt@forceOrder")})
      scene.liquidation(scene.binance, stream, at, kLong, qty, 80000,
                        LiquidationFeed::latest_per_second);
  };
  both(kAt - Duration::hours(3), 25);
  both(kAt - Duration::hours(2), 50);
  scene.liquidation(scene.binance, "binance:btcusdt@forceOrder", kAt - Duration::hours(1), kLong,
                    12.5, 80000,
                    LiquidationFeed::latest_per_second);  // only one of them caught this
  EXPECT_DOUBLE_EQ(*pick(scene.readings(kAt), "liq_long_usd_24h", "binance").value, 7e6);
  // A complete feed may show two alike in one batch, and both happened.
  for (int i = 0; i < 2; ++i)
    scene.liquidation(scene.bybit, scene.all, kAt - Duration::hours(1), kShort, 1, 80000,
                      LiquidationFeed::complete);
  EXPECT_DOUBLE_EQ(*pick(scene.readings(kAt), "liq_short_usd_24h", "bybit").value, 160000);
}

TEST(Liquidations, what_cannot_be_converted_is_said) {
  Venues scene;
  scene.alive(scene.unknown, "okx:liquidation-orders", kAt - kDay * 2, kAt);
  scene.liquidation(scene.unknown, "okx:liquidation-orders", kAt - kDay - Duration::hours(1), kLong,
                    8, 80000, LiquidationFeed::at_most_one_per_second);
  EXPECT_EQ(pick(scene.readings(kAt), "liq_long_usd_24h", "okx").value, 0.0);  // none in 24 h
  scene.liquidation(scene.unknown, "okx:liquidation-orders", kAt - Duration::hours(1), kLong, 8,
                    80000, LiquidationFeed::at_most_one_per_second);
  const Reading r = pick(scene.readings(kAt), "liq_long_usd_24h", "okx");
  EXPECT_EQ(r.state, State::pending);
  EXPECT_NE(r.reason.find("1 liquidations of longs at okx left out: no contract size"),
            std::string::npos)
      << r.reason;
}

// A recorder whose clock is eight hours fast: of the last eight hours of its day nothing is known.
// One long, of a contract whose size nothing says: what was liquidated of longs is not nothing.
TEST(Liquidations, a_side_that_cannot_be_valued_is_not_zero) {
  Scene s;
  const InstrumentId known = s.instrument("okx", "BTC-USDT-PERP");
  const InstrumentId unknown = s.instrument("okx", "BTC-USDC-PERP", 0);
  s.liquidation(known, "forced", kAt - kHour * 25, PositionSide::short_side, 1, 80000,
                LiquidationFeed::complete);
  s.alive(known, "forced", kAt - kHour * 25, kAt);
  s.liquidation(unknown, "forced", kAt - kHour, PositionSide::long_side, 500, 80000,
                LiquidationFeed::complete);
  s.liquidation(known, "forced", kAt - kHour, PositionSide::short_side, 1, 80000,
                LiquidationFeed::complete);
  for (const auto& venue : {std::optional<std::string>(), std::optional<std::string>("okx")}) {
    const Reading longs = pick(s.readings(kAt), "liq_long_usd_24h", venue);
    EXPECT_EQ(longs.state, State::pending);
    EXPECT_FALSE(longs.value);
    EXPECT_NE(longs.reason.find("1 liquidations of longs at okx left out"), longs.reason.npos)
        << longs.reason;
    EXPECT_EQ(pick(s.readings(kAt), "liq_short_usd_24h", venue).value, 80000);
    EXPECT_EQ(pick(s.readings(kAt), "liq_total_usd_24h", venue).value, 80000) << "at least";
  }
}

TEST(Liquidations, receipts_that_run_ahead_of_the_venue_make_no_whole_day) {
  Scene scene;
  const auto id = scene.instrument("binance", "BTC-USDT-PERP");
  for (int half = 0; half <= 60; ++half) {
    const Instant received = kAt - Duration::minutes(30 * half);
    const Instant at = received - Duration::hours(8);
    Liquidation l{.position_side = kLong, .feed = LiquidationFeed::latest_per_second};
    l.average_price = Price::nearest(80000).value();
    l.filled_qty = Qty::nearest(1).value();
    scene.put(id, "binance:forceOrder", at, l, received);
  }
  const Reading r = pick(scene.readings(kAt), "liq_long_usd_24h", "binance");
  EXPECT_EQ(r.state, State::pending) << text_of(r);
  EXPECT_NE(r.reason.find("17.0 of 24 h recorded"), std::string::npos) << r.reason;
}

TEST(Liquidations, a_short_recording_is_not_a_day) {
  Scene scene;
  const auto id = scene.instrument("binance", "BTC-USDT-PERP");
  const Instant from = kAt - Duration::hours(3);
  scene.alive(id, "binance:forceOrder", from, kAt);
  scene.liquidation(id, "binance:forceOrder", from, kLong, 100, 80000,
                    LiquidationFeed::latest_per_second);
  for (const auto& venue : {std::optional<std::string>("binance"), std::optional<std::string>()}) {
    const Reading r = pick(scene.readings(kAt), "liq_long_usd_24h", venue);
    EXPECT_EQ(r.state, State::pending);
    EXPECT_FALSE(r.value.has_value());
    EXPECT_NE(r.reason.find("3.0 of 24 h recorded"), std::string::npos) << r.reason;
  }
}

TEST(Liquidations, gaps_take_from_the_coverage) {
  Venues scene;
  scene.liquidation(scene.bybit, scene.all, kAt - Duration::hours(1), kLong, 10, 80000,
                    LiquidationFeed::complete);
  EXPECT_GT(*pick(scene.readings(kAt), "liq_long_usd_24h", "bybit").coverage, 0.999);
  const Instant from = kAt - Duration::hours(5);
  const Instant to = from + Duration::hours(1);
  scene.put(scene.bybit, scene.all, to, Gap{from, to, "disconnected", {}, {}});
  const Reading r = pick(scene.readings(kAt), "liq_long_usd_24h", "bybit");
  EXPECT_NEAR(*r.coverage, 23.0 / 24, 1e-6);
  EXPECT_FALSE(r.high.has_value());  // the lost hour may hold anything
}

TEST(Liquidations, only_this_asset) {
  Venues scene;
  const auto eth = scene.instrument("binance", "ETH-USDT-PERP");
  scene.liquidation(eth, scene.force, kAt - Duration::hours(1), kLong, 1000, 3000,
                    LiquidationFeed::latest_per_second);
  EXPECT_EQ(pick(scene.readings(kAt), "liq_long_usd_24h", "binance").value, 0.0);
  EXPECT_DOUBLE_EQ(*pick(scene.readings(kAt, "ETH"), "liq_long_usd_24h", "binance").value, 3e6);
}

// The plain twin: sums over a list, as M0 words them.
TEST(Liquidations, agrees_with_the_plain_twin_on_random_days) {
  Random random(7, {});
  for (int round = 0; round < 20; ++round) {
    Scene scene;
    const auto id = scene.instrument("binance", "BTC-USDT-PERP");
    const Instant start = kAt - kDay * 40;
    scene.alive(id, "binance:forceOrder", start, kAt + kDay);
    struct Seen {
      Instant at;
      bool is_long;
      double usd;
    };
    std::vector<Seen> all;
    scene.liquidation(id, "binance:forceOrder", start, kLong, 1, 1,
                      LiquidationFeed::latest_per_second);
    all.push_back({start, true, 1});
    for (int i = 0; i < 1500; ++i) {
      const Instant at =
          start + Duration::ns(static_cast<int64_t>(random.uniform() * 40.5 * 86'400e9));
      const double qty = static_cast<double>(1 + random.below(5000)) / 100;
      const bool is_long = random.chance(0.6);
      scene.liquidation(id, "binance:forceOrder", at, is_long ? kLong : kShort, qty, 50000,
                        LiquidationFeed::latest_per_second);
      all.push_back({at, is_long, qty * 50000});
    }
    const Instant at = kAt + Duration::ns(static_cast<int64_t>(random.uniform() * 0.5 * 86'400e9));
    double longs = 0, shorts = 0;
    for (const Seen& s : all) {
      if (s.at > at - kDay && s.at <= at) (s.is_long ? longs : shorts) += s.usd;
    }
    double mean = 0;
    int valid = 0;
    for (int d = 1; d <= 30; ++d) {
      double l = 0, s = 0;
      for (const Seen& x : all) {
        if (x.at >= kAt - kDay * d && x.at < kAt - kDay * (d - 1)) (x.is_long ? l : s) += x.usd;
      }
      if (l + s < 1e6) continue;
      mean += (l - s) / (l + s);
      ++valid;
    }
    const auto readings = scene.readings(at);
    EXPECT_NEAR(*pick(readings, "liq_long_usd_24h", "binance").value, longs, 1e-3);
    EXPECT_NEAR(*pick(readings, "liq_short_usd_24h", "binance").value, shorts, 1e-3);
    ASSERT_GE(valid, 27);
    EXPECT_NEAR(*pick(readings, "liq_dominance_osc_ma30").value, mean / valid, 1e-12);
  }
}

TEST(Liquidations, memory_is_two_days_of_singles) {
  Rules rules = shipped_rules();
  Scene scene;
  const auto id = scene.instrument("binance", "BTC-USDT-PERP");
  Gauges gauges("BTC", rules, scene.instruments, scene.sources);
  for (int i = 0; i < 20 * 24 * 60; ++i) {
    const Instant at = kAt + Duration::minutes(i);
    Liquidation l{.feed = LiquidationFeed::complete};
    l.average_price = Price::nearest(50000).value();
    l.filled_qty = Qty::nearest(1).value();
    gauges.on_event({id, 0, at, at, l});
  }
  const auto history = gauges.history(kAt + kDay * 20);
  ASSERT_EQ(history.liquidations.size(), 20u);  // the days stay
  EXPECT_DOUBLE_EQ(history.liquidations[5].long_usd, 1440 * 50000.0);
  EXPECT_DOUBLE_EQ(*pick(gauges.readings(kAt + kDay * 20), "liq_long_usd_24h", "binance").value,
                   1439 * 50000.0);
}

// Three venues over `days` days that end at kAt: 8 million of longs and 2 of shorts a day at each.
struct ThreeVenues : Scene {
  struct One {
    InstrumentId id;
    std::string stream;
  };
  std::map<std::string, One> venues;

  explicit ThreeVenues(int days, const std::set<std::string>& late = {}, int late_days = 0) {
    for (const std::string name : {"binance", "bybit", "okx"}) {
      const auto id = instrument(name, "BTC-USDT-PERP");
      venues[name] = {id, name + ":liquidations"};
      const int from = late.contains(name) ? late_days : days + 1;
      alive(id, venues[name].stream, kAt - kDay * from, kAt);
      for (int d = from; d >= 1; --d) day(name, kAt - kDay * d);
    }
  }
  void day(const std::string& venue, Instant begin,
           LiquidationFeed feed = LiquidationFeed::complete) {
    const One& one = venues.at(venue);
    liquidation(one.id, one.stream, begin + Duration::minutes(10), kLong, 80, 100000, feed);
    liquidation(one.id, one.stream, begin + Duration::hours(1), kShort, 20, 100000, feed);
  }
};

TEST(LiquidationDays, a_day_is_of_the_venues_that_were_recorded_on_it) {
  const Reading whole = pick(ThreeVenues(35).readings(kAt), "liq_dominance_osc_ma30");
  EXPECT_DOUBLE_EQ(*whole.value, 0.6);
  EXPECT_NEAR(*whole.coverage, 1, 1e-9);
  EXPECT_EQ(whole.reason.find("without"), std::string::npos) << whole.reason;
  // One of three began six days ago: the other 24 days are sums of two.
  const Reading part = pick(ThreeVenues(35, {"okx"}, 6).readings(kAt), "liq_dominance_osc_ma30");
  EXPECT_NEAR(*part.coverage, (24 * 2.0 / 3 + 6) / 30, 1e-9);
  EXPECT_FALSE(part.low || part.high);
  EXPECT_NE(part.reason.find("without okx on 24 of 30 days"), std::string::npos) << part.reason;
  Scene alone;
  const auto id = alone.instrument("binance", "BTC-USDT-PERP");
  alone.alive(id, "binance:forceOrder", kAt - kDay * 32, kAt);
  for (int d = 32; d >= 1; --d)
    alone.liquidation(id, "binance:forceOrder", kAt - kDay * d, kLong, 80, 100000,
                      LiquidationFeed::latest_per_second);
  const Reading one = pick(alone.readings(kAt), "liq_dominance_osc_ma30");
  EXPECT_NEAR(*one.coverage, 1.0 / 3, 1e-9);
  EXPECT_NE(one.reason.find("without bybit, okx"), std::string::npos) << one.reason;
}

TEST(LiquidationDays, are_compared_with_days_of_the_same_venues) {
  const ThreeVenues whole(100);
  EXPECT_DOUBLE_EQ(*pick(whole.readings(kAt), "liq_dominance_osc_percentile").value, 0.5);
  // The last day lacks a venue: of 99 days of three none is its like.
  ThreeVenues part(100);
  const InstrumentId lost = part.venues.at("okx").id;
  std::erase_if(part.events, [&](const Event& e) {
    return e.instrument == lost && e.received >= kAt - Duration::hours(20);
  });
  const Reading r = pick(part.readings(kAt), "liq_dominance_osc_percentile");
  EXPECT_EQ(r.state, State::pending) << text_of(r);
  EXPECT_NE(r.reason.find("0 valid days without okx"), std::string::npos) << r.reason;
  // The day book has the two days under two names.
  const auto series = [&](Instant day) {
    const auto figures = part.gauges(day + kDay)->day_figures(day);
    return figures.liquidations.empty() ? "" : figures.liquidations[0].series;
  };
  EXPECT_EQ(series(kAt - kDay * 2), "venues");
  EXPECT_EQ(series(kAt - kDay), "binance, bybit");
}

TEST(LiquidationDays, contracts_quoted_in_another_coin_keep_their_value) {
  Scene scene;
  const auto price = scene.instrument("binance", "ETH-USDT-PERP");
  for (const std::string venue : {"binance", "bybit", "okx"}) {
    const auto id = scene.instrument(venue, "ETH-BTC-PERP");
    for (Instant t = kAt - kDay * 36; t <= kAt; t = t + Duration::minutes(30))
      scene.put(id, venue + ":liq", t, Quote{});
    for (int d = 36; d >= 1; --d) {
      const Instant day = kAt - kDay * d;
      scene.liquidation(id, venue + ":liq", day, kLong, 800, 0.03, LiquidationFeed::complete);
      scene.liquidation(id, venue + ":liq", day + Duration::hours(1), kShort, 200, 0.03,
                        LiquidationFeed::complete);
    }
  }
  for (Instant t = kAt - kDay * 36; t <= kAt; t = t + Duration::minutes(30))
    scene.put(price, "binance:mark", t, MarkPrice{Price::nearest(2000).value()});
  const auto gauges = scene.gauges(kAt, "ETH");
  const Reading mean = pick(gauges->readings(kAt), "liq_dominance_osc_ma30");
  ASSERT_TRUE(mean.value) << text_of(mean);
  EXPECT_DOUBLE_EQ(*mean.value, 0.6);
  EXPECT_NE(mean.reason.find("quoted in BTC valued by their coins"), std::string::npos)
      << mean.reason;
  const auto days = gauges->history(kAt).liquidations;
  ASSERT_GE(days.size(), 30u);
  for (const LiquidationDay& day : days) EXPECT_NEAR(day.long_usd, 3 * 800 * 2000, 1e-3);
}

// A recorder changed to the venue's complete channel: what thinned its past thins nothing now.
TEST(Liquidations, what_limits_a_window_is_of_that_window) {
  ThreeVenues scene(6);
  const auto& bybit = scene.venues.at("bybit");
  for (Event& e : scene.events) {
    auto* forced = std::get_if<Liquidation>(&e.payload);
    if (forced == nullptr || e.instrument != bybit.id || e.at >= kAt - kDay * 3) continue;
    forced->feed = e.at < kAt - kDay * 5 ? LiquidationFeed::flagged_trades
                                         : LiquidationFeed::at_most_one_per_second;
  }
  Liquidation unpriced{.feed = LiquidationFeed::complete};
  unpriced.filled_qty = Qty::nearest(1).value();
  scene.put(bybit.id, bybit.stream, kAt - kDay * 4, unpriced);
  const auto at = [&](Instant t) { return pick(scene.readings(t), "liq_long_usd_24h", "bybit"); };
  const Reading late = at(kAt - kDay * 5 - Duration::hours(2));
  EXPECT_FALSE(late.high) << text_of(late);
  EXPECT_NE(late.reason.find("late or not at all"), std::string::npos) << late.reason;
  const Reading thinned = at(kAt - kDay * 3 - Duration::hours(2));
  EXPECT_NE(thinned.reason.find("at most one a symbol and second"), std::string::npos)
      << thinned.reason;
  EXPECT_EQ(thinned.reason.find("late or not"), std::string::npos) << thinned.reason;
  EXPECT_NE(thinned.reason.find("1 liquidations at bybit left out"), std::string::npos)
      << thinned.reason;
  const Reading now = at(kAt - Duration::hours(2));
  EXPECT_EQ(now.low, now.value);
  EXPECT_EQ(now.high, now.value);
  EXPECT_EQ(now.reason, "");
}

struct Forced {
  const char* source;
  int second;
  double price, average, ordered, filled;  // average 0, ordered 0: not told
};

Scene forced_orders(const std::vector<Forced>& all) {
  Venues scene;
  for (const Forced& f : all) {
    Liquidation l{.position_side = kLong, .feed = LiquidationFeed::latest_per_second};
    l.order_price = Price::nearest(f.price).value();
    if (f.average > 0) l.average_price = Price::nearest(f.average).value();
    if (f.ordered > 0) l.order_qty = Qty::nearest(f.ordered).value();
    l.filled_qty = Qty::nearest(f.filled).value();
    const Instant at = kAt - Duration::hours(2) + Duration::seconds(f.second);
    const bool streamed = f.source[0] == 's';
    scene.put(scene.binance, streamed ? scene.force : "vendor", at, l,
              at + Duration::ms(streamed ? 20 : 900'000));
  }
  return scene;
}

double longs_of(const std::vector<Forced>& all) {
  return pick(forced_orders(all).readings(kAt), "liq_long_usd_24h", "binance").low.value_or(0);
}

// What the venue's stream and a vendor's file tell of one forced order counts once, at what was
// paid.
TEST(Liquidations, an_order_told_with_and_without_its_fill) {
  EXPECT_DOUBLE_EQ(longs_of({{"stream", 0, 80'000, 80'100, 10, 10}}), 801'000);
  EXPECT_DOUBLE_EQ(
      longs_of({{"stream", 0, 80'000, 80'100, 10, 10}, {"vendor", 0, 80'000, 0, 0, 10}}), 801'000);
  EXPECT_DOUBLE_EQ(
      longs_of({{"vendor", 0, 80'000, 0, 0, 10}, {"vendor", 0, 80'000, 80'100, 10, 10}}), 801'000);
  EXPECT_DOUBLE_EQ(
      longs_of({{"stream", 0, 80'000, 80'100, 10, 10}, {"vendor", 1, 80'000, 0, 0, 10}}),
      1'601'000);
}

// The quantity filled is the sum so far: of one order the last word stands for those before it.
TEST(Liquidations, an_order_that_is_filled_bit_by_bit) {
  const Forced some{"stream", 0, 80'000, 80'100, 10, 4}, all{"stream", 1, 80'000, 80'050, 10, 10};
  EXPECT_DOUBLE_EQ(longs_of({some, all}), 800'500);
  EXPECT_DOUBLE_EQ(longs_of({all, some}), 800'500);
  const Forced later{"stream", 100, 80'000, 80'050, 10, 10};
  EXPECT_DOUBLE_EQ(longs_of({some, later}), 320'400 + 800'500) << "another order, much later";
  const Forced other{"stream", 1, 80'000, 80'050, 12, 10};
  EXPECT_DOUBLE_EQ(longs_of({some, other}), 320'400 + 800'500) << "an order of another size";
}

}  // namespace
}  // namespace delever::gauges
