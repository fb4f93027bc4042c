// Goal: states follow from bands and origins; who was put aside comes back only inside half the
// band.
#include "gauges/panel.h"

#include "base/random.h"
#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

const Instant kNow = time_of("2026-01-30T00:00:00Z");

Estimate says(const std::string& venue, double value, std::optional<double> low = {},
              std::optional<double> high = {}) {
  Estimate e = Estimate::exact(venue, value, kNow);
  if (low || high) {
    e.low = low;
    e.high = high;
  }
  e.sources = {venue + ":stream"};
  e.origin = shipped_rules().origin_of(venue);
  return e;
}

struct Case {
  const char* what;
  std::vector<Estimate> estimates;
  State state;
  std::optional<double> value;
};

class Bench {
 public:
  Reading settle(std::vector<Estimate> estimates, Band band = {0, 0.1}) {
    Panel panel(subject_, kNow, past_);
    panel.settle(
        {.name = "realized_vol_24h", .unit = "fraction_per_year", .section = "realized_vol"},
        std::move(estimates), band, "nothing there");
    past_ = panel.standings;
    EXPECT_EQ(panel.readings.size(), 1u);
    return panel.readings.at(0);
  }

 private:
  Instruments instruments_;
  std::vector<Source> sources_;
  Subject subject_{"BTC", shipped_rules(), instruments_, sources_};
  Standings past_;
};

TEST(Panel, states) {
  const std::vector<Case> cases{
      {"nothing", {}, State::pending, {}},
      {"one", {says("binance", 1)}, State::single_source, 1},
      {"two venues agree", {says("binance", 1), says("okx", 1.08)}, State::corroborated, 1.04},
      {"two venues apart", {says("binance", 1), says("okx", 1.2)}, State::conflicting, {}},
      {"a vendor that contains the venue is no second source",
       {says("binance", 1), says("coinglass", 1)},
       State::single_source,
       1},
      {"intervals that overlap agree",
       {says("binance", 1, 0.8, 1.3), says("okx", 1.4, 1.2, 1.6)},
       State::corroborated,
       1.2},
      {"a lower bound is no conflict from below",
       {says("binance", 1, 1.0), says("okx", 5)},
       State::single_source,
       1},
      {"but from above it is", {says("binance", 6, 6.0), says("okx", 5)}, State::conflicting, {}},
      {"one of three apart",
       {says("binance", 1), says("okx", 1.05), says("bybit", 9)},
       State::corroborated,
       1.025},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const Reading r = Bench().settle(c.estimates);
    EXPECT_EQ(state_name(r.state), state_name(c.state));
    EXPECT_EQ(r.value.has_value(), c.value.has_value());
    if (r.value && c.value) { EXPECT_DOUBLE_EQ(*r.value, *c.value); }
    EXPECT_EQ(r.sources.empty(), r.state == State::pending);
    EXPECT_FALSE(r.state == State::pending && r.reason.empty());
    EXPECT_FALSE(r.state == State::conflicting && r.reason.empty());
  }
}

TEST(Panel, conflict_shows_both_ends_and_names_them) {
  const Reading r = Bench().settle({says("okx", 1.2), says("binance", 1)});
  EXPECT_EQ(r.low, 1.0);
  EXPECT_EQ(r.high, 1.2);
  EXPECT_NE(r.reason.find("binance says 1"), std::string::npos) << r.reason;
  EXPECT_NE(r.reason.find("okx says 1.2"), std::string::npos) << r.reason;
  EXPECT_EQ(r.sources, (std::vector<std::string>{"binance:stream", "okx:stream"}));
}

TEST(Panel, aside_comes_back_inside_half_the_band) {
  Bench bench;
  const auto with = [&](double third) {
    return bench.settle({says("binance", 1), says("okx", 1), says("bybit", third)});
  };
  EXPECT_EQ(with(1.09).sources.size(), 3u);  // inside the band: never left
  EXPECT_EQ(with(1.11).sources.size(), 2u);  // out
  EXPECT_EQ(with(1.09).sources.size(), 2u);  // inside the band, not inside half of it
  EXPECT_EQ(with(1.04).sources.size(), 3u);  // back
  EXPECT_EQ(with(1.09).sources.size(), 3u);
}

TEST(Panel, a_conflict_ends_inside_half_the_band) {
  Bench bench;
  const auto with = [&](double other) {
    return bench.settle({says("binance", 1), says("okx", other)}).state;
  };
  EXPECT_EQ(with(1.09), State::corroborated);
  EXPECT_EQ(with(1.2), State::conflicting);
  EXPECT_EQ(with(1.09), State::conflicting);
  EXPECT_EQ(with(1.04), State::corroborated);
  EXPECT_EQ(with(1.09), State::corroborated);
}

// One to four sources, often near the edges of the band, for a long while: standings feed back.
TEST(Panel, a_review_decides_what_readings_would) {
  const Instruments instruments;
  const std::vector<Source> sources;
  const Subject subject{"BTC", shipped_rules(), instruments, sources};
  Random random(7, {});
  Standings past;
  int aside = 0, conflicts = 0;
  for (int time = 0; time < 3000; ++time) {
    Panel readings(subject, kNow, past), review(subject, kNow, past, Panel::For::review);
    for (const char* venue : {"a", "b", "c"}) {
      std::vector<Estimate> estimates;
      for (const char* source : {"binance", "okx", "bybit", "coinglass"}) {
        if (random.chance(0.3)) continue;
        const double value = 1 + 0.02 * static_cast<double>(random.below(8));
        estimates.push_back(says(source, value));
        if (random.chance(0.2)) estimates.back().high.reset();
        if (random.chance(0.2)) estimates.back().coverage = 0.5;
      }
      const Panel::Name name{
          .name = "realized_vol_24h", .unit = "f", .section = "realized_vol", .venue = venue};
      readings.settle(name, estimates, {0, 0.1}, "nothing there");
      review.settle(name, std::move(estimates), {0, 0.1}, "nothing there");
    }
    ASSERT_EQ(readings.readings.size(), 3u);
    ASSERT_TRUE(review.readings.empty());
    ASSERT_EQ(review.standings, readings.standings) << time;
    past = std::move(review.standings);
    for (const auto& [key, standing] : past) {
      aside += !standing.aside.empty();
      conflicts += standing.conflict;
    }
  }
  EXPECT_GT(aside, 100);
  EXPECT_GT(conflicts, 100);
}

}  // namespace
}  // namespace delever::gauges
