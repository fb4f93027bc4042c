// Goal: each of the three definitions finds its flush day and no other, each item is the one that
// was put there, and nothing that comes later changes a day but its outcome.
#include "verdict/day_path.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace delever::verdict {
namespace {

const Instant kFirst = Instant::parse("2022-01-01").value();

// A quiet year and a half of one coin: prices wobble by about 1 %, liquidations by half, open
// interest by 1 %.
std::vector<gauges::DayFigures> quiet(uint64_t seed, int days = 500) {
  Random random(seed, {});
  std::vector<gauges::DayFigures> out;
  double price = 100, coins = 1000;
  for (int i = 0; i < days; ++i) {
    price *= std::exp(0.01 * std::clamp(random.normal(), -1.5, 1.5));
    coins *= std::exp(0.01 * std::clamp(random.normal(), -1.5, 1.5));
    gauges::DayFigures day{.asset = "BTC", .day = kFirst + Duration::days(i)};
    day.closes = {{"v", "BTC-USDT", "v:spot", 4, price}};
    day.liquidations = {{"sum", 1e6 * (1 + 0.5 * random.uniform()), 1e6}};
    day.interest = {{.venue = "sum", .scope = "BTC", .published = true, .coins = coins}};
    day.funding = {{"sum", "BTC", true, 0.1 + 0.01 * random.normal()}};
    out.push_back(day);
  }
  return out;
}
void fall(std::vector<gauges::DayFigures>& days, size_t at, double ratio) {
  for (size_t i = at; i < days.size(); ++i) {
    for (auto& close : days[i].closes) close.price *= ratio;
  }
}
std::vector<std::string> flushes(const std::vector<gauges::DayFigures>& days) {
  std::vector<std::string> out;
  const DayPath path(days, {});
  for (const FlushDay& day : path.flush_days()) out.push_back(day.day.date() + " " + day.why());
  return out;
}
std::string date(size_t i) { return (kFirst + Duration::days(static_cast<int64_t>(i))).date(); }

TEST(DayPath, three_definitions) {
  auto days = quiet(1);
  EXPECT_EQ(flushes(days), std::vector<std::string>{});
  fall(days, 420, 0.95);  // five deviations
  days[430].liquidations[0].long_usd = 4e6;
  days[430].closes[0].price = days[429].closes[0].price * 0.999;
  for (size_t i = 440; i < days.size(); ++i)
    days[i].interest[0].coins = *days[i].interest[0].coins * .9;
  days[440].closes[0].price = days[439].closes[0].price * 0.999;
  const auto found = flushes(days);
  ASSERT_EQ(found.size(), 3u) << found.front();
  EXPECT_EQ(found[0], date(420) + " price");
  EXPECT_EQ(found[1], date(430) + " liq");
  EXPECT_EQ(found[2], date(440) + " oi");
}

TEST(DayPath, shorts_liquidated_or_a_rising_price_are_no_flush) {
  auto days = quiet(2);
  days[430].liquidations[0] = {"sum", 4e6, 4e6};  // longs are half of it
  days[440].liquidations[0] = {"sum", 4e6, 0};
  days[440].closes[0].price = days[439].closes[0].price * 1.001;
  EXPECT_EQ(flushes(days), std::vector<std::string>{});
  auto young = quiet(3, 140);  // 119 days before it are too few to call a day large
  young[119].liquidations[0] = {"sum", 9e6, 0};
  young[119].closes[0].price = young[118].closes[0].price * 0.999;
  EXPECT_EQ(flushes(young), std::vector<std::string>{});
  young[120].liquidations[0] = {"sum", 9.5e6, 0};
  young[120].closes[0].price = young[119].closes[0].price * 0.999;
  EXPECT_EQ(flushes(young).size(), 1u);
}

TEST(DayPath, items_are_the_days_own) {
  auto days = quiet(4);
  const size_t at = 420;
  fall(days, at, 0.9);
  days[at].interest[0].coins = *days[at - 1].interest[0].coins * 0.93;
  days[at].funding[0].annual = -0.3;
  const DayPath path(days, {});
  const FlushDay day = *path.day(days[at].day);
  EXPECT_NEAR(*day.interest_change.value, std::log(0.93), 1e-12);
  double mean = 0, squares = 0, mean_move = 0;
  for (size_t back = 1; back <= 7; ++back) mean += days[at - back].funding[0].annual / 7;
  EXPECT_NEAR(*day.funding_change.value, -0.3 - mean, 1e-12);
  std::vector<double> moves;
  for (size_t i = at - 90; i < at; ++i)
    moves.push_back(std::log(*days[i].interest[0].coins / *days[i - 1].interest[0].coins));
  for (const double m : moves) mean_move += m / 90;
  for (const double m : moves) squares += (m - mean_move) * (m - mean_move) / 89;
  EXPECT_NEAR(*day.own_interest_change.value, std::log(0.93) / std::sqrt(squares), 1e-9);
  // The variance, written out.
  double v = 0;
  for (size_t i = 1; i <= at; ++i) {
    const double r = std::log(days[i].closes[0].price / days[i - 1].closes[0].price);
    v = i == 1 ? r * r : 0.94 * v + 0.06 * r * r;
  }
  EXPECT_NEAR(*day.volatility, std::sqrt(v), 1e-12);
  EXPECT_FALSE(day.hole_in_prices);
}

TEST(DayPath, what_came) {
  auto days = quiet(5);
  const size_t at = 420;
  fall(days, at, 0.9);
  days[at].liquidations[0].long_usd = 8e6;
  const auto judged = [&] { return *DayPath(days, {}).day(days[at].day); };
  EXPECT_EQ(judged().wave, false);
  days[at + 7].liquidations[0].long_usd = 4e6;
  EXPECT_EQ(judged().wave, true);
  days[at + 7].liquidations[0].long_usd = 3.9e6;
  days[at + 8].liquidations[0].long_usd = 9e6;  // too late
  EXPECT_EQ(judged().wave, false);
  days[at + 3].liquidations.clear();  // nobody knows
  EXPECT_FALSE(judged().wave);
  EXPECT_EQ(judged().lower, false);
  fall(days, at + 5, 0.85);
  fall(days, at + 6, 1 / 0.85);
  EXPECT_EQ(judged().lower, true);
  days.resize(at + 7);  // the seventh day is not over
  EXPECT_FALSE(judged().wave);
  EXPECT_FALSE(judged().lower);
}

TEST(DayPath, holes_and_changed_coverage_are_named) {
  auto days = quiet(6);
  const size_t at = 420;
  fall(days, at, 0.9);
  auto holed = days;
  holed[at - 20].closes.clear();
  EXPECT_TRUE(DayPath(holed, {}).day(days[at].day)->hole_in_prices);
  EXPECT_FALSE(DayPath(holed, {}).day(days[at + 25].day)->hole_in_prices);
  holed = days;
  holed.erase(holed.begin() + at - 1);  // the day before is not on file at all
  const FlushDay alone = *DayPath(holed, {}).day(days[at].day);
  EXPECT_FALSE(alone.interest_change.value);
  EXPECT_FALSE(alone.interest_change.reason.empty());
  // Venues: the same contracts on both days, or nothing is said.
  const auto of = [](const char* venue, const char* name, double coins) {
    gauges::DayInterest one{.venue = venue, .scope = name, .coins = coins};
    one.dated = std::string(name).find("-USD-") != std::string::npos;
    return one;
  };
  auto venues = days;
  venues[at - 1].interest = {of("a", "BTC-USDT-PERP", 100), of("a", "BTC-USD-220325", 50)};
  venues[at].interest = {of("a", "BTC-USDT-PERP", 90)};
  EXPECT_NEAR(*DayPath(venues, {}).day(days[at].day)->interest_change.value, std::log(.9), 1e-12);
  venues[at].interest.push_back(of("b", "BTC-USDT-PERP", 30));
  const FlushDay changed = *DayPath(venues, {}).day(days[at].day);
  EXPECT_FALSE(changed.interest_change.value);
  EXPECT_NE(changed.interest_change.reason.find("b BTC-USDT-PERP"), std::string::npos);
}

TEST(DayPath, funding_of_seven_days_may_lack_one) {
  auto days = quiet(7);
  const size_t at = 420;
  days[at - 3].funding.clear();
  EXPECT_TRUE(DayPath(days, {}).day(days[at].day)->funding_change.value);
  days[at - 5].funding.clear();
  EXPECT_FALSE(DayPath(days, {}).day(days[at].day)->funding_change.value);
  days[at].funding.push_back({"v", "BTC-USDT-PERP", false, 0.2});  // another source takes over
  for (size_t back = 1; back <= 7; ++back)
    days[at - back].funding.push_back({"v", "BTC-USDT-PERP", false, 0.15});
  const FlushDay day = *DayPath(days, {}).day(days[at].day);
  EXPECT_NEAR(*day.funding_change.value, 0.05, 1e-12);
  EXPECT_EQ(day.funding_change.source, "v BTC-USDT-PERP");
}

TEST(DayPath, later_days_change_nothing_but_the_outcome) {
  auto days = quiet(8);
  fall(days, 420, 0.9);
  days[420].liquidations[0].long_usd = 8e6;
  fall(days, 450, 0.9);
  const DayPath all(days, {});
  for (size_t end = 421; end < days.size(); end += 5) {
    const DayPath cut(std::span<const gauges::DayFigures>(days).first(end), {});
    for (size_t i = 400; i < end; ++i) {
      const FlushDay a = *all.day(days[i].day), b = *cut.day(days[i].day);
      EXPECT_EQ(a.why(), b.why());
      EXPECT_EQ(a.interest_change.value, b.interest_change.value);
      EXPECT_EQ(a.funding_change.value, b.funding_change.value);
      EXPECT_EQ(a.own_interest_change.value, b.own_interest_change.value);
      EXPECT_EQ(a.volatility, b.volatility);
      EXPECT_EQ(b.wave, i + 7 < end ? a.wave : std::nullopt);
    }
  }
}

}  // namespace
}  // namespace delever::verdict
