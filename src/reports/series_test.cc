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
  EXPECT_DOUBLE_EQ(many.coins, 20'000);
  const PriceBar inverse = bar_of(
      contract("BTCUSD_PERP", "BTC", "USD", InstrumentKind::inverse, 100), "BTC", 80'000, 4'000);
  EXPECT_DOUBLE_EQ(inverse.coins, 5);
}

}  // namespace
}  // namespace delever::reports
