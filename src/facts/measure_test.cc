// Whole markets made by hand: what goes in as events comes out as facts.
#include "facts/measure.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "statistics/statistics.h"

namespace delever::facts {
namespace {

const Instant kStart = Instant::parse("2026-01-01T00:00:00Z").value();

struct Market {
  Instruments instruments;
  InstrumentId perpetual = instruments.add({.venue = "v",
                                            .symbol = "BTCUSDT",
                                            .kind = InstrumentKind::linear,
                                            .base = "BTC",
                                            .quote = "USDT",
                                            .settle = "USDT",
                                            .contract_size = Qty::raw(Qty::scale)});
  Observer observer{"BTC", instruments, {}};

  void emit(Instant at, EventPayload payload) {
    observer.on_event({perpetual, 0, at, at, std::move(payload)});
  }
  void trade(Instant at, double price, double coins, Side side) {
    emit(at, Trade{.price = Price::nearest(price).value(),
                   .qty = Qty::nearest(coins).value(),
                   .taker_side = side});
  }
  void quote(Instant at, double bid, double ask) {
    emit(at, Quote{.bid_price = Price::nearest(bid).value(),
                   .ask_price = Price::nearest(ask).value(),
                   .bid_qty = Qty::raw(Qty::scale),
                   .ask_qty = Qty::raw(Qty::scale)});
  }
  Fact fact(const std::string& name) const {
    for (const Fact& f : measure(observer))
      if (f.name == name) return f;
    ADD_FAILURE() << "no fact " << name;
    return {};
  }
};

TEST(Measure, NothingObservedHasAReasonForEveryFact) {
  const Market market;
  const FactSet set = measure(market.observer);
  EXPECT_GT(set.size(), 60U);
  for (const Fact& f : set) {
    EXPECT_FALSE(f.value) << f.name;
    EXPECT_FALSE(f.reason.empty()) << f.name;
  }
}

TEST(Measure, ACandleToldInTwoWaysIsAHole) {
  Market market;
  const auto close = [&](int day, double price) {
    const Instant at = kStart + Duration::days(day);
    market.emit(at, Candle{.from = at,
                           .to = at + Duration::days(1) - Duration::ms(1),
                           .close = Price::nearest(price).value()});
  };
  for (const int day : {0, 1, 2, 3, 4, 5}) close(day, 100 + day);
  for (const int day : {0, 1, 2, 3, 4, 5}) close(day, day == 1 ? 50 : 100 + day);
  const Closes closes = closes_of(market.observer, Duration::days(1));
  ASSERT_EQ(closes.closes.size(), 4U);
  EXPECT_EQ(closes.closes.front().value, 102);
}

TEST(Measure, VolatilityAndTailOfDailyCandles) {
  Market market;
  Random random(3, {1});
  double price = 50'000;
  std::vector<double> returns;
  for (int day = 0; day <= 800; ++day) {
    const Instant at = kStart + Duration::days(day);
    if (day > 0) {
      // Both tails Pareto of index 3; its standard deviation is scale * sqrt(3).
      returns.push_back((random.chance(0.5) ? 1 : -1) * 0.01 *
                        std::pow(random.uniform(), -1.0 / 3));
      price *= std::exp(returns.back());
    }
    market.emit(at, Candle{.from = at,
                           .to = at + Duration::days(1) - Duration::ms(1),
                           .close = Price::nearest(price).value()});
  }
  const Fact vol = market.fact("volatility_annual_1d");
  EXPECT_EQ(vol.n, 800U);
  EXPECT_EQ(vol.source, "v BTC-USDT-PERP");
  EXPECT_NEAR(*vol.value, *statistics::deviation(returns) * std::sqrt(365.0), 1e-6);
  EXPECT_TRUE(*vol.low < *vol.value && *vol.value < *vol.high);
  const Fact tail = market.fact("tail_index_k100_1d");
  EXPECT_NEAR(*tail.value, 3, 0.9);
  EXPECT_TRUE(*tail.low < 3 && 3 < *tail.high);
  EXPECT_NEAR(*market.fact("acf_return_lag1_1d").value, *statistics::autocorrelation(returns, 1),
              0.01);
  EXPECT_FALSE(market.fact("volatility_annual_1h").value);
}

TEST(Measure, TheLongestStretchWithoutAHole) {
  std::vector<Point> points;
  for (const int day : {0, 1, 3, 4, 5, 9})
    points.push_back({kStart + Duration::days(day), 1.0 * day});
  const auto found = longest_without_hole(points, Duration::days(1));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].value, 3);
  EXPECT_TRUE(longest_without_hole({}, Duration::days(1)).empty());
}

TEST(Measure, AMinuteWithoutATradeKeepsThePrice) {
  Market market;
  for (const int minute : {0, 1, 4, 16})  // 4 to 16 is more than ten minutes of silence
    market.trade(kStart + Duration::minutes(minute) + Duration::seconds(7), 100 + minute, 1,
                 Side::buy);
  const Closes closes = closes_of(market.observer, Duration::minutes(1));
  ASSERT_EQ(closes.closes.size(), 5U);
  EXPECT_EQ(closes.closes[3].value, 101);
  EXPECT_EQ(closes.closes[4].value, 104);
  EXPECT_EQ(closes.returns[1], 0);
}

// Signs of metaorders with Pareto(1.5) lengths, one after the other: the correlation decays as
// lag^-0.5 (Lillo, Mike and Farmer 2005). Fills of one instant are one order. Asymptotics come in
// slowly: 0.15 either side.
TEST(Measure, SignsOfSplitOrdersDecayByTheirLengths) {
  Market market;
  Random random(3, {2});
  Instant at = kStart;
  for (int i = 0; i < 120'000;) {
    const Side side = random.chance(0.5) ? Side::buy : Side::sell;
    const double length = std::min(std::pow(random.uniform(), -1 / 1.5), 5000.0);
    for (int k = 0; k < static_cast<int>(length); ++k, ++i) {
      at = at + Duration::ms(1);
      market.trade(at, 100, 1, side);
      market.trade(at, 100, 1, side);
    }
  }
  const Fact decay = market.fact("trade_sign_acf_decay");
  EXPECT_NEAR(*decay.value, 0.5, 0.15);
  EXPECT_LT(decay.n, 130'000U);
}

// Each 5 s one order of size q moves the middle by the square root of q.
TEST(Measure, SquareRootMarketHasImpactOneHalf) {
  Market market;
  Random random(3, {3});
  double log_price = std::log(50'000);
  for (int bin = 0; bin < 2000; ++bin) {
    const Instant at = kStart + Duration::seconds(5 * bin);
    const double q = std::exp(1.5 * random.normal());
    const Side side = random.chance(0.5) ? Side::buy : Side::sell;
    log_price += (side == Side::buy ? 1 : -1) * 1e-4 * std::sqrt(q);
    const double price = std::exp(log_price);
    market.trade(at + Duration::ms(1500), price, q, side);
    market.quote(at + Duration::ms(1700), price - 0.5, price + 0.5);
  }
  const Fact impact = market.fact("aggregate_impact_exponent_5s");
  EXPECT_NEAR(*impact.value, 0.5, 0.03);
  const Fact spread = market.fact("spread_bp");
  EXPECT_NEAR(*spread.value, 1e4 / std::exp(log_price), 0.3);
  EXPECT_GT(*market.fact("trade_imbalance_return_r2_5s").value, 0.5);
}

TEST(Measure, DepthCountsWhatIsWithinAndSaysHowFarABookGoes) {
  Market market;
  const auto levels = [](std::initializer_list<double> prices) {
    std::vector<Level> out;
    for (const double p : prices) out.push_back({Price::nearest(p).value(), Qty::raw(Qty::scale)});
    return out;
  };
  market.quote(kStart, 99.99, 100.01);
  for (int i = 0; i < 40; ++i) {
    const Instant at = kStart + Duration::seconds(i) + Duration::ms(5);
    ASSERT_TRUE(market.observer.wants_book(market.perpetual, at));
    market.observer.on_book(market.perpetual, at, levels({99.95, 99.92, 99.5, 99.2}),
                            levels({100.05, 100.3}));
    EXPECT_FALSE(market.observer.wants_book(market.perpetual, at + Duration::ms(1)));
  }
  const Fact near = market.fact("depth_10bp_usd");
  EXPECT_NEAR(*near.value, 99.95 + 99.92 + 100.05, 1e-9);
  const Fact far = market.fact("depth_1pct_usd");
  EXPECT_FALSE(far.value);
  EXPECT_EQ(far.reason, "the books shown end at 30.0 bp in the middle of their cases, want 100 bp");
}

TEST(Measure, AnEpisodeOfForcedSelling) {
  Market market;
  for (int minute = 0; minute < 3000; ++minute) {
    const Instant at = kStart + Duration::minutes(minute);
    const double coins = minute < 1000 ? 100 : minute < 1100 ? 100 - 0.3 * (minute - 999) : 70;
    market.emit(at, OpenInterest{.contracts = Qty::nearest(coins).value()});
    if (minute >= 1000 && minute < 1100)
      market.emit(at + Duration::ms(10),
                  Liquidation{.position_side =
                                  minute % 5 ? PositionSide::long_side : PositionSide::short_side,
                              .average_price = Price::nearest(50'000).value(),
                              .filled_qty = Qty::raw(Qty::scale)});
  }
  EXPECT_NEAR(*market.fact("open_interest_fall_24h").value, 0.3, 1e-9);
  EXPECT_FALSE(market.fact("open_interest_fall_24h").low);
  EXPECT_NEAR(*market.fact("liquidation_long_share_24h").value, 0.8, 1e-9);
  EXPECT_NEAR(*market.fact("liquidation_size_median_usd").value, 50'000, 1e-6);
  EXPECT_NEAR(*market.fact("liquidation_gap_median_s").value, 60, 1e-9);
  EXPECT_EQ(market.fact("liquidation_size_tail_k100").reason, "100 liquidations, want 500");
  EXPECT_EQ(market.fact("adl_delay_s").reason, "no message of a tape tells auto-deleveraging");
}

TEST(Measure, FundingRemembersAndSettlesAFewMillisecondsLate) {
  Market market;
  Random random(3, {4});
  double rate = 0;
  for (int i = 0; i < 1000; ++i) {
    rate = 0.7 * rate + 1e-4 * random.normal();
    market.emit(kStart + Duration::hours(8 * i) + Duration::ms(i % 16),
                FundingRate{.rate = Rate::nearest(rate).value(), .kind = FundingKind::settled});
  }
  const Fact one = market.fact("funding_acf_lag1_8h");
  EXPECT_EQ(one.n, 1000U);
  EXPECT_NEAR(*one.value, 0.7, 0.06);
  EXPECT_NEAR(*market.fact("funding_acf_lag3_8h").value, 0.343, 0.09);
}

TEST(Measure, OtherCoinsAndOtherTimesAreLeftOut) {
  Market market;
  const InstrumentId ether = market.instruments.add({.venue = "v",
                                                     .symbol = "ETHUSDT",
                                                     .kind = InstrumentKind::linear,
                                                     .base = "ETH",
                                                     .quote = "USDT",
                                                     .settle = "USDT",
                                                     .contract_size = Qty::raw(Qty::scale)});
  Observer windowed("BTC", market.instruments, {.from = kStart, .to = kStart + Duration::hours(1)});
  const Trade trade{.price = Price::nearest(5).value(), .qty = Qty::raw(Qty::scale)};
  windowed.on_event({ether, 0, kStart, kStart, trade});
  windowed.on_event({market.perpetual, 0, kStart - Duration::ns(1), kStart, trade});
  EXPECT_EQ(windowed.events(), 0U);
  windowed.on_event({market.perpetual, 0, kStart + Duration::hours(1), kStart, trade});
  EXPECT_EQ(windowed.events(), 1U);
}

// A contract of a thousand coins is counted in the coins that others count, and of markets that are
// alike the one that speaks does not hang on which was heard first.
TEST(Measure, PlainCoinsOfEveryMarketInOneOrder) {
  for (const bool turned : {false, true}) {
    Instruments instruments;
    const auto market = [&](const char* venue, const char* base, const char* quote) {
      return instruments.add({.venue = venue,
                              .symbol = std::string(base) + quote,
                              .kind = InstrumentKind::linear,
                              .base = base,
                              .quote = quote,
                              .settle = quote,
                              .contract_size = Qty::raw(Qty::scale)});
    };
    const InstrumentId thousand = market("binance", "1000PEPE", "USDT"),
                       plain = market("okx", "PEPE", "USDC");
    Observer observer("PEPE", instruments, {});
    const auto emit = [&](InstrumentId id, double units) {
      for (int minute = 0; minute < 3; ++minute) {
        const Instant at = kStart + Duration::minutes(minute);
        OpenInterest open{.contracts = WideQty(Qty::nearest(6000 / units).value())};
        observer.on_event({id, 0, at, at, open});
        const Trade trade{.price = Price::nearest(5e-6 * units).value(),
                          .qty = Qty::nearest(2000 / units).value()};
        observer.on_event({id, 0, at, at, trade});
      }
    };
    if (turned) emit(plain, 1);
    emit(thousand, 1000);
    if (!turned) emit(plain, 1);
    const auto tracks = observer.tracks();
    ASSERT_EQ(tracks.size(), 2U);
    EXPECT_EQ(tracks[0].get().quote, "USDT");
    EXPECT_NEAR(tracks[0].get().orders.back().price, 5e-6, 1e-15);
    EXPECT_NEAR(tracks[0].get().orders.back().coins, 2000, 1e-9);
    const InterestSeries open = open_interest_of(observer, Duration::minutes(1));
    ASSERT_FALSE(open.coins.empty());
    EXPECT_DOUBLE_EQ(open.coins.back().value, 12'000);
  }
}

}  // namespace
}  // namespace delever::facts
