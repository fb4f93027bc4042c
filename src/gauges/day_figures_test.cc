// Goal: a day's figures are that day's, source by source, and known when they say they are.
#include "gauges/day_figures.h"

#include <gtest/gtest.h>

#include "gauges/panel.h"
#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

const Instant kDayOf = time_of("2026-01-29");
const Instant kEnd = time_of("2026-01-30");

// Two vendors' days and one venue, over three days.
Scene scene() {
  Scene s;
  const auto vendor = s.aggregate("coinglass", "BTC");
  const auto part = s.aggregate("coinalyze", "BTC coin-margined");
  const auto weighted = s.aggregate("coinglass", "BTC volume-weighted");
  const auto spot = s.instrument("binance", "BTC-USDT");
  const auto perpetual = s.instrument("binance", "BTC-USDT-PERP");
  for (int back = 2; back >= 0; --back) {
    const Instant day = kDayOf - Duration::days(back), end = day + kDay;
    const double price = 80000 + 1000 * back;
    s.total(vendor, day, 10e6 * (back + 1), 5e6);
    s.put(vendor, "vendor:oi", end, OpenInterest{.value_usd = 100000 * price});
    OpenInterest contracts;
    contracts.contracts = Qty::nearest(500 - back).value();
    s.put(part, "other:oi", end, contracts);
    const auto mean = [&](InstrumentId id, double rate) {
      s.put(id, "vendor:funding", end,
            FundingRate{.rate = Rate::nearest(rate).value(),
                        .kind = FundingKind::mean,
                        .interval = Duration::hours(8),
                        .settles_at = end});
    };
    mean(vendor, 0.0001);
    mean(weighted, 0.0009);
    for (int hour = 8; hour <= 24; hour += 8) {
      const Instant at = day + Duration::hours(hour);
      s.put(perpetual, "binance:funding", at,
            FundingRate{.rate = Rate::nearest(0.0002).value(),
                        .kind = FundingKind::settled,
                        .interval = Duration::hours(8),
                        .settles_at = at});
    }
    Candle candle{.from = day, .to = end};
    candle.open = candle.high = candle.low = candle.close = Price::nearest(price).value();
    s.put(spot, "binance:candles", end, candle);
  }
  return s;
}

TEST(DayFigures, of_one_day_source_by_source) {
  const Scene s = scene();
  const DayFigures day = s.gauges(kEnd)->day_figures(kDayOf);
  ASSERT_EQ(day.closes.size(), 1u);
  EXPECT_EQ(day.closes[0].price, 80000);
  EXPECT_EQ(day.closes[0].name, "BTC-USDT");
  ASSERT_EQ(day.liquidations.size(), 1u);
  EXPECT_EQ(day.liquidations[0].long_usd, 10e6);
  ASSERT_EQ(day.interest.size(), 2u);
  EXPECT_TRUE(day.interest[0].part);
  EXPECT_EQ(day.interest[0].contracts, 500);
  EXPECT_FALSE(day.interest[0].coins);  // contracts of a part say nothing in coins
  EXPECT_FALSE(day.interest[1].part);
  EXPECT_NEAR(*day.interest[1].coins, 100000, 1e-6);
  ASSERT_EQ(day.funding.size(), 2u);  // weighted by volume is another quantity
  EXPECT_TRUE(day.funding[0].weighted);
  EXPECT_NEAR(day.funding[0].annual, 0.1095, 1e-12);
  EXPECT_NEAR(day.funding[1].annual, 0.219, 1e-12);
}

TEST(DayFigures, the_day_before_does_not_stand_for_a_missing_one) {
  Scene s = scene();
  std::erase_if(s.events, [](const Event& e) { return e.received == kEnd; });
  const DayFigures day = s.gauges(kEnd)->day_figures(kDayOf);
  EXPECT_TRUE(day.closes.empty());
  EXPECT_TRUE(day.liquidations.empty());
  EXPECT_TRUE(day.interest.empty());
  for (const DayFunding& one : day.funding) EXPECT_FALSE(one.weighted);
}

TEST(DayRecorder, takes_each_day_some_time_after_its_end) {
  const Scene s = scene();
  Gauges gauges("BTC", shipped_rules(), s.instruments, s.sources);
  DayRecorder recorder({&gauges}, {Duration::hours(1), kEnd}, gauges);
  for (const Event& e : s.ordered()) recorder.on_event(e);
  const auto days = recorder.finish();
  ASSERT_EQ(days.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const double back = 2 - static_cast<double>(i);
    EXPECT_EQ(days[i].day, kDayOf - Duration::days(2 - static_cast<int64_t>(i)));
    ASSERT_EQ(days[i].closes.size(), 1u) << i;
    EXPECT_EQ(days[i].closes[0].price, 80000 + 1000 * back);
    EXPECT_EQ(days[i].liquidations.at(0).long_usd, 10e6 * (back + 1));
  }
}

}  // namespace
}  // namespace delever::gauges
