// Goal: what is told of a market that is closed, or told in two ways of one time, is no figure of
// now, and the reading says so.
#include <gtest/gtest.h>

#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

bool told(const Reading& r, std::string_view what) { return r.reason.find(what) != r.reason.npos; }

FundingRate rate_of(double rate, FundingKind kind = FundingKind::current,
                    std::optional<Instant> settles = {}) {
  FundingRate f{.rate = Rate::nearest(rate).value(), .kind = kind};
  f.interval = Duration::hours(8);
  f.settles_at = settles;
  return f;
}

OpenInterest open(double contracts) {
  OpenInterest interest;
  interest.contracts = Qty::nearest(contracts).value();
  return interest;
}

// One perpetual with a mark, a rate and open interest, every minute of a day.
struct Perpetual : Scene {
  explicit Perpetual(const std::string& venue, const std::string& name = "SOL-USDT-PERP")
      : id(instrument(venue, name)), from(venue + ":tickers") {}
  void minutes(double rate, double contracts, bool moves, int count = 600) {
    for (int m = 0; m < count; ++m) {
      const Instant at = kAt - Duration::minutes(m + 1);
      put(id, from, at, MarkPrice{Price::nearest(120 + (moves ? m % 7 : 0)).value()});
      put(id, from, at, rate_of(rate));
      put(id, from, at, open(moves ? contracts + m % 5 : contracts));
    }
  }
  void listed(const char* status, Instant at) {
    put(id, from, at, InstrumentListed{.status = status});
  }
  Reading read(std::string_view name) {
    return pick(readings(kAt, "SOL"), name, instruments[id].venue);
  }
  InstrumentId id;
  std::string from;
};

TEST(Closed, what_is_still_told_of_a_closed_contract_is_no_figure_of_now) {
  for (const auto& [venue, status] :
       std::vector<std::pair<const char*, const char*>>{{"binance", "SETTLING"},
                                                        {"binance", "CLOSE"},
                                                        {"bybit", "Closed"},
                                                        {"okx", "suspend"},
                                                        {"deribit", "closed"},
                                                        {"hyperliquid", "delisted"}}) {
    for (const Duration before : {Duration::hours(20), Duration::minutes(1)}) {
      Perpetual market(venue);
      market.minutes(0.0001, 50'000, true);
      market.listed(status, kAt - before);
      for (const char* name : {"funding_rate", "oi_coins", "oi_usd"}) {
        const Reading r = market.read(name);
        EXPECT_EQ(r.state, State::pending) << venue << " " << name;
        EXPECT_FALSE(r.value) << venue << " " << name << " " << *r.value;
        EXPECT_TRUE(told(r, std::string("listed as \"") + status)) << name << ": " << r.reason;
      }
      EXPECT_FALSE(pick(market.readings(kAt, "SOL"), "price_usd").value) << "a mark of nothing";
    }
  }
}

TEST(Closed, a_halt_and_a_market_that_trades_again_are_not_closed) {
  for (const char* status : {"TRADING", "Trading", "live", "open", "settlement", "HALT", ""}) {
    Perpetual market("binance");
    market.minutes(0.0001, 50'000, true);
    market.listed("CLOSE", kAt - Duration::hours(5));
    market.listed(status, kAt - Duration::hours(4));
    // A listing without a word says nothing new.
    EXPECT_EQ(market.read("oi_coins").value.has_value(), status[0] != 0) << status;
    EXPECT_EQ(market.read("funding_rate").value.has_value(), status[0] != 0) << status;
  }
  Perpetual later("binance");
  later.minutes(0.0001, 50'000, true);
  later.listed("CLOSE", kAt + Duration::hours(1));
  EXPECT_TRUE(later.read("oi_coins").value);
}

TEST(Closed, another_contract_speaks_for_the_venue) {
  Perpetual market("bybit", "SOL-USDT-PERP");
  market.minutes(0.0001, 50'000, true);
  market.listed("Closed", kAt - Duration::hours(9));
  const InstrumentId other = market.instrument("bybit", "SOL-USDC-PERP");
  for (int m = 0; m < 30; ++m) {
    const Instant at = kAt - Duration::minutes(m + 1);
    market.put(other, market.from, at, rate_of(0.0003));
    market.put(other, market.from, at, open(700));
    market.put(other, market.from, at, MarkPrice{Price::nearest(121).value()});
  }
  EXPECT_NEAR(*market.read("funding_rate").value, 0.0003, 1e-12);
  const Reading interest = market.read("oi_coins");
  EXPECT_NEAR(*interest.value, 700, 1e-9);
  EXPECT_TRUE(told(interest, "listed as \"Closed\"")) << interest.reason;
}

TEST(Closed, a_frozen_market_is_named_without_a_listing) {
  Perpetual market("hyperliquid");
  market.minutes(0, 50'000, false);
  for (const char* name : {"funding_rate", "oi_coins"}) {
    EXPECT_FALSE(market.read(name).value) << name;
    EXPECT_TRUE(told(market.read(name), "has not moved")) << market.read(name).reason;
  }
  // A still mark beside a rate that was set and a count that moves is no proof.
  Perpetual still("hyperliquid");
  still.minutes(0.0001, 50'000, false);
  int n = 0;
  for (Event& event : still.events) {
    if (auto* interest = std::get_if<OpenInterest>(&event.payload))
      interest->contracts = Qty::nearest(4000 + n++ % 5).value();
  }
  EXPECT_EQ(still.read("funding_rate").value, 0.0001) << still.read("funding_rate").reason;
  EXPECT_TRUE(still.read("oi_coins").value) << still.read("oi_coins").reason;
  // The price moves and the count does not: named, for a small market may be so.
  Perpetual count("hyperliquid");
  count.minutes(0.0001, 50'000, true);
  for (Event& event : count.events) {
    if (auto* interest = std::get_if<OpenInterest>(&event.payload))
      interest->contracts = Qty::nearest(4000).value();
  }
  EXPECT_NEAR(*count.read("oi_coins").value, 4000, 1e-9);
  EXPECT_TRUE(told(count.read("oi_coins"), "has not moved for")) << count.read("oi_coins").reason;
  // Whoever trades there still moves something.
  Perpetual traded("hyperliquid");
  traded.minutes(0.0001, 50'000, false);
  traded.put(traded.id, traded.from, kAt - Duration::hours(1),
             Trade{.price = Price::nearest(120).value(), .qty = Qty::nearest(1).value()});
  EXPECT_TRUE(traded.read("funding_rate").value) << traded.read("funding_rate").reason;
}

// Archives of prices and of rates go on after a contract was taken off: the candles are empty.
TEST(Closed, a_rate_beside_a_day_without_a_trade_is_no_rate) {
  for (const int traded : {-1, 40, 30, 3}) {  // hours before the end at which the last trade was
    Scene scene;
    const InstrumentId id = scene.instrument("binance", "LIT-USDT-PERP");
    for (int h = 48; h > 0; --h) {
      const Instant to = kAt - kHour * (h - 1);
      Candle candle{.from = to - kHour, .to = to};
      candle.open = candle.high = candle.low = candle.close = Price::nearest(0.7).value();
      candle.volume = traded >= 0 && h >= traded ? 5 : 0;
      scene.put(id, "binance:klines", to, candle);
      if (h % 8 != 1) continue;
      scene.put(id, "binance:funding", to, rate_of(0.0001, FundingKind::settled, to));
    }
    const Reading r = pick(scene.readings(kAt, "LIT"), "funding_annual", "binance");
    EXPECT_EQ(r.value.has_value(), traded == 3) << traded << ": " << r.reason;
    EXPECT_EQ(told(r, "has not moved for"), traded != 3) << r.reason;
  }
}

TEST(Closed, a_rate_of_0_on_nothing_is_no_rate) {
  Perpetual market("hyperliquid");
  market.minutes(0, 0, false, 5);
  EXPECT_FALSE(market.read("funding_rate").value);
  EXPECT_TRUE(told(market.read("funding_rate"), "nothing is open"));
  Perpetual neutral("hyperliquid");
  neutral.minutes(0, 300, false, 5);
  EXPECT_EQ(neutral.read("funding_rate").value, 0);
}

// In both orders, from two sources or one.
template <class Put>
void both_ways(Put put) {
  for (const bool swapped : {false, true}) {
    for (const char* second : {"vendor:a", "vendor:b"}) put(swapped, second);
  }
}

TEST(ToldTwice, two_totals_of_one_day_are_none) {
  both_ways([](bool swapped, const char* second) {
    Scene scene;
    const InstrumentId id = scene.aggregate("vendor", "BTC");
    const Instant day = kAt - Duration::days(1);
    const auto total = [&](const char* source, double longs) {
      scene.put(id, source, kAt, LiquidationTotal{day, kAt, longs, 3.0e7});
    };
    total("vendor:a", swapped ? 9.0e7 : 5.0e7);
    total(second, swapped ? 5.0e7 : 9.0e7);
    const auto readings = scene.readings(kAt);
    for (const char* name : {"liq_long_usd_24h", "liq_total_usd_24h", "liq_long_share"}) {
      const Reading r = pick(readings, name);
      EXPECT_FALSE(r.value) << name << " " << *r.value;
      EXPECT_TRUE(told(r, "differ, 80000000 and 120000000 USD")) << r.reason;
    }
    EXPECT_TRUE(scene.gauges(kAt)->history(kAt, Instant::min()).liquidations.empty());
    EXPECT_TRUE(scene.gauges(kAt)->day_figures(day).liquidations.empty());
  });
}

TEST(ToldTwice, the_same_total_again_and_a_revision_are_figures) {
  Scene scene;
  const InstrumentId id = scene.aggregate("vendor", "BTC");
  const Instant day = kAt - Duration::days(1);
  scene.put(id, "vendor:a", kAt - Duration::minutes(5),
            LiquidationTotal{day - Duration::minutes(5), kAt - Duration::minutes(5), 9e7, 3e7});
  scene.put(id, "vendor:b", kAt - Duration::minutes(5),
            LiquidationTotal{day - Duration::minutes(5), kAt - Duration::minutes(5), 9e7, 3e7});
  EXPECT_EQ(pick(scene.readings(kAt), "liq_total_usd_24h").value, 1.2e8);
  scene.put(id, "vendor:a", kAt - Duration::minutes(5),
            LiquidationTotal{day - Duration::minutes(5), kAt - Duration::minutes(5), 8e7, 3e7},
            kAt - Duration::minutes(2));
  EXPECT_EQ(pick(scene.readings(kAt), "liq_total_usd_24h").value, 1.1e8);
}

TEST(ToldTwice, two_flows_of_one_day_are_none) {
  both_ways([](bool swapped, const char* second) {
    Scene scene;
    const InstrumentId id = scene.aggregate("vendor", "BTC");
    const auto flow = [&](const char* source, double usd) {
      Holding holding{.holder = "US_SPOT_ETF", .holder_kind = HolderKind::etf};
      holding.flow_usd = usd;
      scene.put(id, source, kAt, holding);
    };
    flow("vendor:a", swapped ? -8e7 : 2e7);
    flow(second, swapped ? 2e7 : -8e7);
    const Reading r = pick(scene.readings(kAt), "etf_flow_usd_1d");
    EXPECT_FALSE(r.value);
    EXPECT_TRUE(told(r, "differ, -80000000 and 20000000")) << r.reason;
    EXPECT_TRUE(scene.gauges(kAt)->history(kAt, Instant::min()).etf_flows.empty());
  });
}

TEST(ToldTwice, two_open_interests_of_one_time_are_none) {
  both_ways([](bool swapped, const char* second) {
    Scene scene;
    const InstrumentId id = scene.aggregate("vendor", "BTC");
    const auto total = [&](const char* source, double usd) {
      OpenInterest interest;
      interest.value_usd = usd;
      scene.put(id, source, kAt, interest);
    };
    total("vendor:a", swapped ? 9e9 : 7e9);
    total(second, swapped ? 7e9 : 9e9);
    const Reading r = pick(scene.readings(kAt), "oi_usd");
    EXPECT_FALSE(r.value);
    EXPECT_TRUE(told(r, "differ, and neither counts")) << r.reason;
  });
}

// What came after it, and is too old by now, was told in one way.
TEST(ToldTwice, a_dispute_that_was_settled_is_named_no_more) {
  for (const bool settled : {false, true}) {
    Scene scene;
    const InstrumentId id = scene.instrument("binance", "BTC-USDT-PERP");
    const Instant then = kAt - Duration::hours(30);
    scene.put(id, "a", then, open(1000));
    scene.put(id, "a", then, open(1500));
    if (settled) scene.put(id, "a", then + Duration::minutes(1), open(1200));
    const Reading r = pick(scene.readings(kAt), "oi_coins", "binance");
    EXPECT_FALSE(r.value);
    EXPECT_EQ(told(r, "differ, and neither counts"), !settled) << r.reason;
  }
}

TEST(ToldTwice, two_counts_of_an_option_are_none) {
  both_ways([](bool swapped, const char* second) {
    Scene scene;
    const InstrumentId id = scene.instrument("deribit", "BTC-USD-260327-80000-C@BTC");
    const InstrumentId other = scene.instrument("deribit", "BTC-USD-260327-80000-P@BTC");
    scene.put(other, "vendor:a", kAt, open(5));
    scene.put(id, "vendor:a", kAt, open(swapped ? 10 : 20));
    scene.put(id, second, kAt, open(swapped ? 20 : 10));
    const Reading r = pick(scene.readings(kAt), "options_oi");
    EXPECT_EQ(r.value, 5);
    EXPECT_FALSE(r.high) << "what is left out could add to it";
    EXPECT_TRUE(told(r, "told in two ways")) << r.reason;
  });
}

TEST(ToldTwice, two_rates_of_one_time_are_none) {
  for (const FundingKind kind : {FundingKind::current, FundingKind::settled}) {
    both_ways([kind](bool swapped, const char* second) {
      Scene scene;
      const InstrumentId id = scene.instrument("binance", "BTC-USDT-PERP");
      scene.put(id, "vendor:a", kAt, rate_of(swapped ? 0.0001 : 0.0004, kind, kAt));
      scene.put(id, second, kAt, rate_of(swapped ? 0.0004 : 0.0001, kind, kAt));
      const Reading r = pick(scene.readings(kAt), "funding_rate", "binance");
      EXPECT_FALSE(r.value) << *r.value;
      EXPECT_TRUE(told(r, "two rates are told")) << r.reason;
    });
  }
  // The rate that is paid now and the one of the period that begins are two rates.
  Scene scene;
  const InstrumentId id = scene.instrument("binance", "BTC-USDT-PERP");
  scene.put(id, "a", kAt, rate_of(0.0001, FundingKind::current, kAt));
  scene.put(id, "a", kAt, rate_of(0.0004, FundingKind::current, kAt + Duration::hours(8)));
  EXPECT_TRUE(pick(scene.readings(kAt), "funding_rate", "binance").value);
}

TEST(ToldTwice, two_means_of_one_day_are_none) {
  Scene scene;
  const InstrumentId id = scene.instrument("binance", "BTC-USDT-PERP");
  for (const double rate : {0.0001, 0.0003}) {
    FundingRate mean = rate_of(rate, FundingKind::mean, kAt);
    mean.mean_over = Duration::days(1);
    scene.put(id, "vendor:a", kAt, mean);
  }
  const Reading r = pick(scene.readings(kAt), "funding_annual", "binance");
  EXPECT_FALSE(r.value);
  EXPECT_TRUE(told(r, "two means are told")) << r.reason;
}

TEST(ToldTwice, two_indices_of_one_time_are_none) {
  both_ways([](bool swapped, const char* second) {
    Scene scene;
    const InstrumentId id = scene.instrument("binance", "BTC-USDT-PERP");
    const auto index = [&](const char* source, Instant at, double price) {
      scene.put(id, source, at, IndexPrice{Price::nearest(price).value()});
    };
    index("vendor:a", kAt - Duration::minutes(3), 83'990);
    index("vendor:a", kAt, swapped ? 84'000 : 61'000);
    index(second, kAt, swapped ? 61'000 : 84'000);
    const Reading r = pick(scene.readings(kAt), "price_usd");
    EXPECT_EQ(r.value, 83'990);
    EXPECT_TRUE(told(r, "two prices of 2026-01-30T00:00:00Z differ")) << r.reason;
  });
}

}  // namespace
}  // namespace delever::gauges
