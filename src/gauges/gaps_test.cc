// Goal: a reading that rests on a window with a gap says so, and others do not.
#include <gtest/gtest.h>

#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

const Instant kMonday = time_of("2026-03-02T00:00:00Z");

bool says_gap(const Reading& r) { return r.reason.find("a gap in") != r.reason.npos; }

TEST(Gaps, StandBesideWhatRestsOnThem) {
  Scene scene;
  const InstrumentId perpetual = scene.instrument("binance", "BTC-USDT-PERP");
  const InstrumentId other = scene.instrument("okx", "BTC-USDT-PERP");
  for (int hour = 30; hour >= 0; --hour) {
    const Instant at = kMonday - Duration::hours(hour);
    const auto rate = [&](InstrumentId id, const std::string& source) {
      FundingRate f{.rate = Rate::nearest(0.0001).value(), .kind = FundingKind::settled};
      f.settles_at = at;
      scene.put(id, source, at, f, at + Duration::seconds(1));
    };
    if (hour % 8 == 0) rate(perpetual, "binance:funding");
    if (hour % 8 == 0) rate(other, "okx:funding");
    scene.put(perpetual, "binance:marks", at, MarkPrice{Price::nearest(80000).value()});
  }
  const auto gap = [&](const std::string& source, Instant from, Instant to, GapKind kind) {
    Event event{.instrument = kNoInstrument, .source = scene.source(source)};
    event.at = event.received = from;
    event.payload = Gap{.from = from, .to = to, .reason = "not connected", .kind = kind};
    scene.events.push_back(event);
  };
  gap("binance:funding", kMonday - Duration::hours(12), kMonday - Duration::hours(11),
      GapKind::recorded);
  gap("binance:marks", kMonday - Duration::hours(12), kMonday - Duration::hours(11),
      GapKind::damage);
  gap("okx:funding", kMonday - Duration::hours(40), kMonday - Duration::hours(39),
      GapKind::recorded);
  for (Source& source : scene.sources) source.venue = source.name.substr(0, source.name.find(':'));
  const Instant asked = kMonday + Duration::minutes(1);
  const auto readings = scene.readings(asked);
  const Reading annual = pick(readings, "funding_annual", "binance");
  EXPECT_TRUE(annual.value);
  EXPECT_TRUE(says_gap(annual)) << annual.reason;
  EXPECT_NE(annual.reason.find("binance:funding from 2026-03-01T12:00:00Z to 2026-03-01T13:00:00Z: "
                               "not connected"),
            std::string::npos)
      << annual.reason;
  EXPECT_FALSE(says_gap(pick(readings, "funding_annual", "okx"))) << "older than its window";
  EXPECT_FALSE(says_gap(pick(readings, "price_usd"))) << "a price of now rests on no half day";
}

}  // namespace
}  // namespace delever::gauges
