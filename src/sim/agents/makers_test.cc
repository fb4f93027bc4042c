#include "sim/agents/makers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

using fixture::Kept;
using fixture::must_run;
using fixture::shipped;

TEST(Impact, IsLinearNearZeroAndASquareRootFarOut) {
  constexpr double kDensity = 4e5, kFrom = 0.002;
  EXPECT_EQ(impact(0, kDensity, kFrom), 0);
  EXPECT_NEAR(impact(1, kDensity, kFrom), 1 / kDensity, 1e-3 / kDensity);
  EXPECT_NEAR(impact(4e9, kDensity, kFrom) / impact(1e9, kDensity, kFrom), 2, 0.01);
  EXPECT_DOUBLE_EQ(impact(-700, kDensity, kFrom), -impact(700, kDensity, kFrom));
  EXPECT_DOUBLE_EQ(impact(700, kDensity, 0), 700 / kDensity);
}

// Share of the seconds before `until` at whose end the perpetual was quoted two ticks apart or
// less.
double tight_share(const Kept& kept, Instant from, Instant until) {
  std::istringstream lines(kept.lines);
  bool perpetual = false, tight = false;
  double at = 0, sum = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] != '{') perpetual = line.starts_with("0 ");  // whose lines follow
    if (!perpetual || line.find("\"channel\":\"quote\"") == line.npos) continue;
    const auto j = nlohmann::json::parse(line);  // told where it changed
    const Instant told = std::min(Instant::ns(j["time"].get<int64_t>()), until);
    const double now = (told - from).in_seconds();
    if (tight) sum += now - at;
    at = now;
    tight = !j["bid"].is_null() && !j["ask"].is_null() &&
            std::stod(j["ask"][0].get<std::string>()) - std::stod(j["bid"][0].get<std::string>()) <
                0.25;
  }
  return sum / (until - from).in_seconds();
}

TEST(Makers, QuoteTicksApartWhereTheyStandAtTheBestPrice) {
  Scenario s = shipped("maker-withdrawal.toml", 1);
  const auto share = [&] {
    Kept kept;
    must_run(s, {.seed = 1, .output = &kept});
    return tight_share(kept, s.from, s.from + Duration::minutes(25));
  };
  EXPECT_LT(share(), 0.01);
  s.makers[0].touch_usd = 500'000;
  s.makers[0].arrival = 500;
  EXPECT_GT(share(), 0.9);
}

double depth_at_the_end(const Scenario& s) {
  Kept kept;
  must_run(s, {.seed = 1, .output = &kept});
  const size_t at = kept.lines.rfind("{\"channel\":\"book\",\"symbol\":\"BTCUSDT\"");
  CHECK(at != kept.lines.npos);
  const auto j = nlohmann::json::parse(kept.lines.substr(at, kept.lines.find('\n', at) - at));
  double coins = 0;
  for (const auto& level : j["bids"]) coins += std::stod(level[1].get<std::string>());
  return coins;
}

TEST(Makers, OnceBurntTheyComeBackLaterThanCalmDoes) {
  Scenario s = shipped("maker-withdrawal.toml", 3);
  const double whole = depth_at_the_end(s);
  s.makers[0].caution = 0.5;
  s.makers[0].caution_half_life = Duration::hours(48);
  const double part = depth_at_the_end(s);
  EXPECT_LT(part, 0.8 * whole);
  EXPECT_GT(part, 0.4 * whole);
}

// Net coins of each kind of account at the start.
std::map<std::string, double> standing(const Kept& kept, const std::string& at) {
  std::map<std::string, double> out;
  std::istringstream rows(kept.positions);
  for (std::string row; std::getline(rows, row);) {
    const auto cells = split(row, ',');
    if (cells[0] != at) continue;
    const double coins = read_double(cells[7]).value();
    out[std::string(cells[3])] += cells[5] == "long" ? coins : -coins;
  }
  return out;
}

TEST(Makers, AndValueTradersTakeTheirSharesOfWhatTheCrowdHolds) {
  Scenario s = shipped("stop-run.toml", 1);
  s.makers[0].standing_share = 0.4;
  s.value[0].standing_share = 0.1;
  Kept kept;
  must_run(s, {.seed = 1, .output = &kept});
  auto net = standing(kept, "2026-01-05T00:00:01Z");
  const double crowd = net["isolated"] + net["cross"];
  ASSERT_GT(crowd, 0);
  EXPECT_NEAR(net["maker"] / crowd, -0.4, 0.02);
  EXPECT_NEAR(net["value"] / crowd, -0.1, 0.02);
  EXPECT_NEAR(net["portfolio"] / crowd, -0.5, 0.02);
}

// A short of the start lost nothing and won nothing by the fall: its hedge did the opposite.
TEST(Makers, AndDesksAreHedgedAtTheStart) {
  Scenario s = shipped("stop-run.toml", 3);
  s.makers[0].standing_share = 0.5;
  Kept kept;
  const Outcome o = must_run(s, {.seed = 1, .output = &kept});
  auto net = standing(kept, "2026-01-05T00:00:01Z");
  const double fall = s.assets[0].start - o.assets[0].samples.back().price;
  const double desks = -net["portfolio"] * fall;  // what the bare short won
  ASSERT_GT(desks, 1e5);
  EXPECT_LT(std::abs(o.profit[static_cast<size_t>(AccountKind::portfolio)]), 0.1 * desks);
}

}  // namespace
}  // namespace delever::sim
