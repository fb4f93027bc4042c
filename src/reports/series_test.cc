// Goal: bars of the page are in plain coins and dollars a plain coin, from trades and candles
// alike.
#include "reports/series.h"

#include <gtest/gtest.h>

namespace delever::reports {
namespace {

const Instant kFrom = Instant::parse("2026-01-30T00:00:00Z").value();

// The one bar of a candle of `volume` at `price`.
PriceBar bar_of(Instrument instrument, const std::string& asset, double price, double volume) {
  Instruments instruments;
  const InstrumentId id =
      instruments.intern(instrument.venue, instrument.symbol, [&] { return instrument; });
  CoinNames names;
  names.add({.venue = "*", .name = "1000PEPE", .asset = "PEPE", .units = 1000});
  SeriesBuilder builder(asset, instruments, names);
  Candle candle{.from = kFrom, .to = kFrom + Duration::minutes(1)};
  candle.open = candle.high = candle.low = candle.close = Price::nearest(price).value();
  candle.volume = volume;
  builder.on_event({id, 0, candle.to, candle.to, candle});
  const Series series = builder.series();
  if (series.prices.size() != 1 || series.prices[0].bars.size() != 1) {
    ADD_FAILURE() << instrument.symbol << " gives no bar";
    return {};
  }
  return series.prices[0].bars[0];
}

Instrument contract(const std::string& symbol, const std::string& base, const std::string& quote,
                    InstrumentKind kind, double size) {
  return {.venue = "binance",
          .symbol = symbol,
          .kind = kind,
          .base = base,
          .quote = quote,
          .settle = kind == InstrumentKind::inverse ? base : quote,
          .contract_size = Qty::nearest(size).value()};
}

TEST(Series, CandlesCountPlainCoins) {
  const PriceBar many = bar_of(
      contract("1000PEPEUSDT", "1000PEPE", "USDT", InstrumentKind::linear, 1), "PEPE", 0.005, 20);
  EXPECT_DOUBLE_EQ(many.close, 0.000005);
  EXPECT_DOUBLE_EQ(many.coins.value_or(0), 20'000);
  const PriceBar inverse = bar_of(
      contract("BTCUSD_PERP", "BTC", "USD", InstrumentKind::inverse, 100), "BTC", 80'000, 4'000);
  EXPECT_DOUBLE_EQ(inverse.coins.value_or(0), 5);
}

TEST(Series, CandlesToldInTwoWaysAreNotDrawn) {
  Instruments instruments;
  const Instrument listed = contract("BTCUSDT", "BTC", "USDT", InstrumentKind::linear, 1);
  const InstrumentId id = instruments.intern("binance", "BTCUSDT", [&] { return listed; });
  SeriesBuilder builder("BTC", instruments, CoinNames());
  const auto told = [&](int minute, double price) {
    Candle candle{.from = kFrom + Duration::minutes(minute)};
    candle.to = candle.from + Duration::minutes(1);
    candle.open = candle.high = candle.low = candle.close = Price::nearest(price).value();
    builder.on_event({id, 0, candle.to, candle.to, candle});
  };
  for (const int minute : {0, 1, 2}) told(minute, 80'000 + minute);
  told(0, 80'000);
  told(1, 40'000);
  const Series series = builder.series();
  ASSERT_EQ(series.prices.size(), 1U);
  ASSERT_EQ(series.prices[0].bars.size(), 2U);
  EXPECT_EQ(series.prices[0].bars[1].close, 80'002);
}

// A contract whose size comes with a listing behind its trades, or never.
struct Sized {
  Instruments instruments;
  InstrumentId id = 0;
  SeriesBuilder builder{"SOL", instruments, CoinNames()};

  explicit Sized(InstrumentKind kind) {
    Instrument listed = contract("SOL-SWAP", "SOL", "USDT", kind, 1);
    listed.contract_size.reset();
    id = instruments.intern("binance", "SOL-SWAP", kind, [&] { return listed; });
    const Instant at = kFrom + Duration::seconds(5);
    Trade trade;
    trade.price = Price::nearest(200.0).value();
    trade.qty = Qty::nearest(30.0).value();
    builder.on_event({id, 0, at, at, trade});
    Liquidation forced;
    forced.position_side = PositionSide::short_side;
    forced.average_price = trade.price;
    forced.filled_qty = trade.qty;
    builder.on_event({id, 0, at, at, forced});
  }
  void list(double size) {
    Instrument listed = instruments[id];
    listed.contract_size = Qty::nearest(size).value();
    instruments.add(listed);
  }
};

TEST(Series, WhatHasNoSizeIsMissingAndNamed) {
  Sized made(InstrumentKind::linear);
  const Series unsized = made.builder.series();
  ASSERT_EQ(unsized.prices.size(), 1U);
  EXPECT_FALSE(unsized.prices[0].bars[0].coins);
  EXPECT_FALSE(unsized.prices[0].coins);
  EXPECT_TRUE(unsized.forced.empty());
  ASSERT_EQ(unsized.left_out.size(), 1U);
  EXPECT_EQ(unsized.left_out[0], "liquidations of binance SOL-SWAP: its contract size is unknown");
}

TEST(Series, AListingServesWhatCameBeforeIt) {
  for (const InstrumentKind kind : {InstrumentKind::linear, InstrumentKind::inverse}) {
    Sized made(kind);
    made.list(10);
    const Series series = made.builder.series();
    const bool inverse = kind == InstrumentKind::inverse;
    EXPECT_DOUBLE_EQ(series.prices.at(0).bars.at(0).coins.value_or(0), inverse ? 1.5 : 300);
    EXPECT_DOUBLE_EQ(series.forced.at(0).minutes.at(0).short_usd, inverse ? 300 : 60'000);
    EXPECT_TRUE(series.left_out.empty());
  }
}

TEST(Series, ABarDoesNotDependOnTheOrderThatItsPricesAreToldIn) {
  Instruments instruments;
  const Instrument perpetual = contract("SOLUSDT", "SOL", "USDT", InstrumentKind::linear, 1);
  const InstrumentId id = instruments.intern("binance", "SOLUSDT", [&] { return perpetual; });
  SeriesBuilder builder("SOL", instruments, CoinNames());
  for (const int second : {20, 40, 10}) {
    const Instant at = kFrom + Duration::seconds(second);
    builder.on_event({id, 0, at, at, MarkPrice{Price::nearest(100.0 + second).value()}});
  }
  const PriceBar bar = builder.series().prices.at(0).bars.at(0);
  EXPECT_EQ(bar.open, 110);
  EXPECT_EQ(bar.close, 140);
}

// An archive of days for ten days, and one of hours for the last of them alone and the morning
// after.
TEST(Series, DaysReachFurtherBackThanHours) {
  Instruments instruments;
  const Instrument perpetual = contract("SOLUSDT", "SOL", "USDT", InstrumentKind::linear, 1);
  const InstrumentId id = instruments.intern("binance", "SOLUSDT", [&] { return perpetual; });
  SeriesBuilder builder("SOL", instruments, CoinNames());
  const auto put = [&](Instant from, Duration span, double close) {
    Candle candle{.from = from, .to = from + span};
    candle.open = candle.high = candle.low = candle.close = Price::nearest(close).value();
    builder.on_event({id, 0, candle.to, candle.to, candle});
  };
  for (int day = 0; day < 10; ++day) put(kFrom + Duration::days(day), Duration::days(1), 100 + day);
  for (int hour = 0; hour < 30; ++hour)
    put(kFrom + Duration::days(9) + Duration::hours(hour), Duration::hours(1), 200 + hour);
  const PriceSeries series = builder.series().prices.at(0);
  EXPECT_EQ(series.span, Duration::hours(1));
  const std::vector<PriceBar> hours = by_step(series, Duration::minutes(5));
  EXPECT_EQ(hours.size(), 30U);
  const std::vector<PriceBar> days = by_step(series, Duration::days(1));
  ASSERT_EQ(days.size(), 11U);  // 30 hours are 2 of them, and the ninth is told twice
  EXPECT_EQ(days[0].from, kFrom);
  EXPECT_EQ(days[9].close, 109);
  EXPECT_EQ(days[10].close, 229);
}

TEST(Series, MarksAndSilentCandlesHaveNoVolume) {
  Instruments instruments;
  const Instrument perpetual = contract("SOLUSDT", "SOL", "USDT", InstrumentKind::linear, 1);
  const InstrumentId id = instruments.intern("binance", "SOLUSDT", [&] { return perpetual; });
  SeriesBuilder builder("SOL", instruments, CoinNames());
  builder.on_event({id, 0, kFrom, kFrom, MarkPrice{Price::nearest(200.0).value()}});
  EXPECT_FALSE(builder.series().prices.at(0).bars.at(0).coins);
  PriceBar with{.from = kFrom, .coins = 4}, without{.from = kFrom + Duration::minutes(1)};
  EXPECT_FALSE(joined({with, without}, Duration::minutes(5)).at(0).coins);
  without.coins = 2;
  EXPECT_EQ(joined({with, without}, Duration::minutes(5)).at(0).coins, 6);
}

}  // namespace
}  // namespace delever::reports
