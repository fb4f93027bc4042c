#include "levels/levels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "levels/level_fit.h"
#include "margin/rulebooks_testing.h"
#include "statistics/counts_testing.h"

namespace delever::levels {
namespace {

using namespace margin::fixture;
using namespace statistics::fixture;

constexpr size_t kTen = 3;  // 10x in kLeverages

const margin::Rulebooks::Compiled& compiled(const Rulebook& book) {
  static std::map<std::string, std::unique_ptr<margin::Rulebooks>> kept;
  auto& books = kept[book.name()];
  if (!books) {
    books = std::make_unique<margin::Rulebooks>();
    CHECK(books->add(book).has_value());
  }
  return (*books)[0];
}

LevelRatios linear_ratios() {
  return level_ratios(compiled(book("binance", "BTCUSDT", "2024-10-24")), price(1e5)).value();
}

// The known answers: entry 1e5, leverage 10, maintenance .004.
TEST(LevelRatios, AgreeWithTheClosedForms) {
  const LevelRatios linear = linear_ratios();
  EXPECT_NEAR(1e5 * *linear.of_long[kTen], 90361.45, 0.005);
  EXPECT_NEAR(1e5 * *linear.of_short[kTen], 109561.75, 0.005);
  const LevelRatios inverse = level_ratios(compiled(inverse_book(100)), price(1e5)).value();
  EXPECT_NEAR(1e5 * *inverse.of_long[kTen], 91272.73, 0.005);
  EXPECT_NEAR(1e5 * *inverse.of_short[kTen], 110666.67, 0.005);
}

TEST(LevelRatios, LeaveOutWhatTheVenueDoesNotOffer) {
  const LevelRatios ratios = level_ratios(compiled(book("hyperliquid", "BTC")), price(1e5)).value();
  EXPECT_TRUE(ratios.of_long[5]);   // 25x
  EXPECT_FALSE(ratios.of_long[6]);  // 50x, above its 40
  EXPECT_FALSE(ratios.of_short[9]);
  EXPECT_EQ(level_ratios(compiled(book("hyperliquid", "BTC")), Price()).error().fault,
            Fault::refused);
}

TEST(LevelRatios, OfHigherLeverageAreNearer) {
  const LevelRatios ratios = linear_ratios();
  for (size_t j = 1; j < kLeverages.size(); ++j) {
    EXPECT_GT(*ratios.of_long[j], *ratios.of_long[j - 1]);
    EXPECT_LT(*ratios.of_short[j], *ratios.of_short[j - 1]);
  }
}

// Twin of the track: a list of entries, each with its level.
TEST(LevelTrack, AgreesWithAListOfEntries) {
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    const double ratio = side == PositionSide::long_side ? 0.95 : 1.05, step = 0.001;
    LevelTrack track(side, ratio, step);
    std::vector<std::pair<double, double>> plain;  // level, coins
    Random random(3, {.entity = static_cast<uint32_t>(side)});
    double market = 1e5, crossed = 0, taken = 0;
    for (int i = 0; i < 3000; ++i) {
      market *= std::exp(0.004 * random.normal());
      const double coins = random.uniform(), low = market * 0.998, high = market * 1.002;
      crossed += track.cross(low, high);
      std::erase_if(plain, [&](const auto& level) {
        const bool hit = side == PositionSide::long_side ? level.first >= low : level.first <= high;
        taken += hit ? level.second : 0;
        return hit;
      });
      track.scale(0.999);
      for (auto& level : plain) level.second *= 0.999;
      track.add(market, coins);
      plain.emplace_back(std::exp((std::floor(std::log(market) / step) + 0.5) * step) * ratio,
                         coins);
    }
    double held = 0, seen = 0;
    for (const auto& level : plain) held += level.second;
    track.each([&](double, double coins) { seen += coins; });
    EXPECT_GT(taken, 100);
    EXPECT_NEAR(crossed, taken, 1e-8 * taken);
    EXPECT_NEAR(track.total(), held, 1e-8 * held);
    EXPECT_NEAR(seen, held, 1e-8 * held);
  }
}

// A random market of one-minute bars.
std::vector<LevelBar> market_of(uint64_t seed, size_t count, double vol) {
  std::vector<LevelBar> bars;
  Random random(seed, {});
  double last = 1e5;
  for (size_t t = 0; t < count; ++t) {
    const double open = last;
    last *= std::exp(vol * random.normal());
    LevelBar bar{.end = Instant::ns(0) + Duration::minutes(static_cast<int64_t>(t) + 1)};
    bar.low = std::min(open, last) * std::exp(-0.3 * vol * random.exponential());
    bar.high = std::max(open, last) * std::exp(0.3 * vol * random.exponential());
    const double volume = 1000 * random.exponential(), buys = 0.3 + 0.4 * random.uniform();
    bar.taker_buy = volume * buys;
    bar.taker_sell = volume - bar.taker_buy;
    bar.open_interest_change = 50 * random.normal();
    bars.push_back(bar);
  }
  return bars;
}

LevelWeights weights_of(const ByLeverage& both) { return {both, both}; }

TEST(LevelInventory, ConservesTheOpenInterestOfBothSides) {
  const LevelWeights weights{{0.1, 0.1, 0.2, 0.2, 0.1, 0.05, 0.05, 0.02, 0.02, 0.01}, {0.2, 0.1}};
  LevelInventory inventory(linear_ratios(), {}, weights, 5000);
  double open_interest = 5000, liquidated = 0;
  for (const LevelBar& bar : market_of(5, 4000, 0.003)) {
    const double before = open_interest;
    const auto flows = inventory.step(bar);
    open_interest = std::max(0.0, open_interest + bar.open_interest_change);
    // opened - closed - liquidated is the same on both sides: the change of the open interest.
    EXPECT_NEAR(flows.opened - flows.closed_long - flows.liquidated_long, open_interest - before,
                1e-8);
    EXPECT_NEAR(flows.opened - flows.closed_short - flows.liquidated_short, open_interest - before,
                1e-8);
    EXPECT_GE(flows.closed_long, 0);
    EXPECT_GE(flows.closed_short, 0);
    // In and out together within the volume, unless the balance itself demands more.
    const double demanded = std::max(
        0.0, open_interest - before + std::max(flows.liquidated_long, flows.liquidated_short));
    EXPECT_LE(2 * flows.opened - (open_interest - before),
              std::max(bar.volume(), 2 * demanded - (open_interest - before)) + 1e-8);
    ASSERT_NEAR(inventory.open_interest(PositionSide::long_side), open_interest, 1e-7);
    ASSERT_NEAR(inventory.open_interest(PositionSide::short_side), open_interest, 1e-7);
    liquidated += flows.liquidated_long + flows.liquidated_short;
  }
  EXPECT_GT(liquidated, 100);
  EXPECT_GT(inventory.seen(PositionSide::long_side),
            0.9);  // three days at a tenth of the volume a minute
  EXPECT_LE(inventory.seen(PositionSide::short_side), 1);
}

TEST(LevelInventory, PlacesLevelsByVolumeAtPriceAndTaker) {
  LevelWeights weights;
  weights.taker[kTen] = 0.5;
  LevelInventory inventory(linear_ratios(), {.turnover = 0}, weights, 0);
  LevelBar bar{.open_interest_change = 100,
               .taker_buy = 75,
               .taker_sell = 25,
               .low = 99'000,
               .high = 101'000};
  bar.traded = {{99'050, 25}, {100'950, 75}};
  inventory.step(bar);
  const auto longs = inventory.levels(PositionSide::long_side);
  ASSERT_EQ(longs.size(), 2u);
  EXPECT_NEAR(longs[0].price, 99'050 * 0.9036145, 99'050 * 0.0006);
  EXPECT_NEAR(longs[0].coins, 100 * 0.75 * 0.5 * 0.25, 1e-9);
  EXPECT_NEAR(longs[1].coins, 100 * 0.75 * 0.5 * 0.75, 1e-9);
  EXPECT_NEAR(inventory.leveraged(PositionSide::long_side), 37.5, 1e-9);
  EXPECT_NEAR(inventory.leveraged(PositionSide::short_side), 12.5, 1e-9);
  EXPECT_EQ(inventory.seen(PositionSide::short_side), 1);
  // The mark falls through the upper of the two: four fifths are liquidated, the rest was topped
  // up, nothing is lost.
  const auto flows = inventory.step(
      {.open_interest_change = -22.5, .low = 100'950 * 0.9036 * 0.999, .high = 99'000});
  EXPECT_NEAR(flows.liquidated_long, 0.8 * 28.125, 1e-9);
  EXPECT_NEAR(flows.liquidated_short, 0, 0);
  EXPECT_EQ(flows.opened, 0);
  EXPECT_NEAR(flows.closed_short, 22.5, 1e-9);  // who bought them out
  EXPECT_NEAR(inventory.open_interest(PositionSide::long_side), 77.5, 1e-9);
  EXPECT_EQ(inventory.levels(PositionSide::long_side).size(), 1u);
}

TEST(LevelInventory, CutsAChangeThatWouldLeaveLessThanNothing) {
  LevelInventory inventory(linear_ratios(), {}, weights_of({}), 10);
  inventory.step(
      {.open_interest_change = -50, .taker_buy = 50, .taker_sell = 50, .low = 1e5, .high = 1e5});
  EXPECT_NEAR(inventory.open_interest(PositionSide::long_side), 0, 1e-12);
  EXPECT_NEAR(inventory.open_interest(PositionSide::short_side), 0, 1e-12);
}

// The Poisson synthetic of the specification: 4,000 bars, reports drawn from true weights. 2x and
// 3x are never reached.
struct Synthetic {
  std::vector<LevelBar> bars;
  LevelRatios ratios = linear_ratios();
  ByLeverage truth{0, 0, 0.25, 0.18, 0.10, 0.05, 0.04, 0, 0, 0};
  LevelPrior prior{.mean = {0.10, 0.10, 0.20, 0.20, 0.10, 0.08, 0.05, 0.01, 0.01, 0.01}};

  explicit Synthetic(double true_half_life_h, double coverage = 1)
      : bars(market_of(17, 4000, 0.0019)) {
    for (size_t j = 7; j < kLeverages.size(); ++j)
      ratios.of_long[j] = ratios.of_short[j] = std::nullopt;
    truth[0] = prior.mean[0];
    truth[1] = prior.mean[1];
    Random random(23, {});
    for (LevelBar& bar : bars) bar.liquidated_long = bar.liquidated_short = 0;
    const LevelRules rules{.half_life_h = true_half_life_h};
    for (const LevelRow& row : level_exposures(bars, ratios, rules, 1)) {
      double mean = 1e-3;
      for (const auto& [j, lots] : row.exposure) mean += coverage * truth[j] * lots;
      LevelBar& bar = bars[row.bar];
      (row.side == PositionSide::long_side ? bar.liquidated_long : bar.liquidated_short) =
          static_cast<double>(poisson_draw(random, mean));
    }
  }
};

TEST(LevelFit, RecoversTheTrueWeights) {
  const Synthetic s(12);
  const auto rows = level_exposures(s.bars, s.ratios, {.half_life_h = 12}, 1);
  const LevelFit fit = fit_levels(rows, s.prior).value();
  std::array<double, kLeverages.size()> exposure{};
  for (const LevelRow& row : rows)
    for (const auto& [j, lots] : row.exposure) exposure[j] += lots;
  EXPECT_FALSE(fit.sum_is_one);
  for (size_t j = 2; j < 7; ++j) {
    EXPECT_GT(exposure[j], 100) << kLeverages[j];
    EXPECT_NEAR(fit.weight[j] / s.truth[j], 1, 0.10) << kLeverages[j] << "x: " << fit.weight[j];
    EXPECT_FALSE(fit.prior_only[j]) << kLeverages[j] << "x";
    EXPECT_NEAR(fit.weight[j], s.truth[j], 4 * fit.sd[j]);
  }
  // Never crossed, or not offered: exactly the prior, and said so.
  for (const size_t j : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{9}}) {
    EXPECT_EQ(exposure[j], 0);
    EXPECT_NEAR(fit.weight[j], s.prior.mean[j], 1e-12);
    EXPECT_NEAR(fit.contraction[j], 1, 1e-12);
    EXPECT_TRUE(fit.prior_only[j]);
  }
  EXPECT_GT(fit.dispersion, 100);  // the reports were Poisson
}

// Only coverage x liquidated share x weight is identified.
TEST(LevelFit, CannotTellCoverageFromWeight) {
  const Synthetic s(12, 0.3);
  const LevelFit fit =
      fit_levels(level_exposures(s.bars, s.ratios, {.half_life_h = 12}, 1), s.prior).value();
  double sum = 0, truth = 0;
  for (size_t j = 2; j < 7; ++j) {
    sum += fit.weight[j];
    truth += s.truth[j];
  }
  EXPECT_NEAR(sum / truth, 0.3, 0.03);
}

LevelHistory history_of(const Synthetic& s) { return {.bars = s.bars, .ratios = &s.ratios}; }

TEST(LevelFit, SearchFindsTheTrueClosingRate) {
  const Synthetic s(12);
  const LevelSearch search{
      .rules = {}, .turnovers = {}, .half_lives_h = {3, 6, 12, 24, 1e6}, .before_spreads = {}};
  LevelFitter fitter({history_of(s)}, s.prior, search);
  const LevelModel best = fitter.fit({0}).value();
  EXPECT_EQ(best.rules.half_life_h, 12);
  EXPECT_EQ(fitter.tried().size(), 5u);
  for (const LevelModel& model : fitter.tried()) {
    if (model.rules.half_life_h == 12) continue;
    EXPECT_LT(model.log_likelihood, best.log_likelihood - 20) << model.rules.half_life_h;
    // Without closing at all, old positions must explain too much: the low leverages come out far
    // too light.
    if (model.rules.half_life_h == 1e6) {
      EXPECT_LT(model.shorts.weight[2],
                0.6 * s.truth[2]);  // the path never reached the longs at 5x
    }
  }
}

// Turnover and weights are not the same scale: rises of the open interest do not come with the
// turnover.
TEST(LevelFit, SearchFindsTheTurnover) {
  const Synthetic s(12);
  const LevelSearch search{.rules = {.turnover = 0.4}, .half_lives_h = {12}, .before_spreads = {}};
  LevelFitter fitter({history_of(s)}, s.prior, search);
  EXPECT_NEAR(fitter.fit({0}).value().rules.turnover, 0.1, 0.11);
}

// What was open before the tape began is liquidated too. A fit that knows it explains the reports;
// one that holds it apart gives its coins to the flow.
TEST(LevelFit, FindsWhatWasOpenBefore) {
  Synthetic s(48);
  constexpr double open = 200'000;
  Random random(31, {});
  for (LevelBar& bar : s.bars) bar.liquidated_long = bar.liquidated_short = 0;
  const LevelRules rules{.half_life_h = 48, .before_spread = 0.02};
  for (const LevelRow& row : level_exposures(s.bars, s.ratios, rules, 1, open)) {
    LevelBar& bar = s.bars[row.bar];
    (row.side == PositionSide::long_side ? bar.liquidated_long : bar.liquidated_short) =
        static_cast<double>(poisson_draw(random, expected_reports(row, s.truth, 1e-3)));
  }
  LevelHistory history = history_of(s);
  history.open_interest_start = open;
  const LevelSearch search{.rules = rules, .turnovers = {}, .half_lives_h = {48}};
  LevelFitter fitter({history}, s.prior, search);
  const LevelModel best = fitter.fit({0}).value();
  EXPECT_EQ(best.rules.before_spread, 0.02);
  size_t learnt = 0;
  for (const LevelFit* side : {&best.longs, &best.shorts}) {
    for (size_t j = 2; j < 7; ++j) {
      if (side->prior_only[j]) continue;  // the path did not go that far on this side
      ++learnt;
      EXPECT_NEAR(side->weight[j] / s.truth[j], 1, 0.15) << kLeverages[j];
    }
  }
  EXPECT_GE(learnt, 8u);
  for (const LevelModel& model : fitter.tried()) {
    if (model.rules.before_spread == 0) {
      EXPECT_LT(model.log_likelihood, best.log_likelihood - 100);
    }
  }
}

TEST(LevelInventory, SpreadsWhatWasOpenBeforeAndConserves) {
  const LevelWeights weights = weights_of({0, 0, 0.3, 0.2, 0.1, 0.05, 0.02});
  LevelInventory inventory(linear_ratios(), {.before_spread = 0.02}, weights, 1000);
  EXPECT_EQ(inventory.leveraged(PositionSide::long_side), 0);  // no price yet
  inventory.step({.low = 1e5, .high = 1e5});
  EXPECT_NEAR(inventory.leveraged(PositionSide::long_side), 670, 1e-6);
  EXPECT_NEAR(inventory.leveraged(PositionSide::short_side), 670, 1e-6);
  EXPECT_NEAR(inventory.open_interest(PositionSide::long_side), 1000, 1e-6);
  EXPECT_NEAR(inventory.seen(PositionSide::long_side), 0, 1e-9);
  for (const auto& level : inventory.levels(PositionSide::long_side)) EXPECT_LT(level.price, 1e5);
  for (const auto& level : inventory.levels(PositionSide::short_side)) EXPECT_GT(level.price, 1e5);
}

// Scaling is one factor; a plain copy of the cells says the same.
TEST(LevelTrack, LazyScaleIsThePlainOne) {
  LevelTrack track(PositionSide::long_side, 0.9, 0.001);
  std::map<int64_t, double> plain;
  Random random(7, {});
  for (int i = 0; i < 20'000; ++i) {
    const double price = 1e5 * std::exp(0.02 * random.normal()), coins = random.exponential(),
                 kept = random.uniform();
    track.add(price, coins);
    plain[LevelTrack::bucket_of(price, 0.001)] += coins;
    track.scale(kept);
    for (auto& [bucket, held] : plain) held *= kept;
  }
  std::vector<double> cells;
  track.each([&](double, double coins) { cells.push_back(coins); });
  double total = 0;
  for (const auto& [bucket, held] : plain) total += held;
  EXPECT_NEAR(track.total() / total, 1, 1e-9);
  double sum = 0;
  for (const double cell : cells) sum += cell;
  EXPECT_NEAR(sum / total, 1, 1e-9);
}

// All of a bar at once, or one by one: the same cells, to the bit.
TEST(LevelTrack, AddsAllAsOneByOne) {
  LevelTrack all(PositionSide::short_side, 1.1, 0.001), one(PositionSide::short_side, 1.1, 0.001);
  Random random(79, {});
  for (int i = 0; i < 500; ++i) {
    const auto middle = static_cast<int64_t>(random.below(2000));
    std::vector<LevelTrack::Entry> entries;
    for (int e = 0; e < 7; ++e)
      entries.emplace_back(middle + static_cast<int64_t>(random.below(9)), random.uniform());
    const double coins = i % 5 == 0 ? 0 : random.exponential();
    all.add_all(entries, coins);
    for (const auto& [bucket, share] : entries) one.add_at(bucket, coins * share);
    const double high = std::exp(0.001 * static_cast<double>(random.below(1000))) * 1.1;
    ASSERT_EQ(all.cross(high, high), one.cross(high, high));
    all.scale(0.97);
    one.scale(0.97);
  }
  std::vector<std::pair<double, double>> held, expected;
  all.each([&](double price, double coins) { held.emplace_back(price, coins); });
  one.each([&](double price, double coins) { expected.emplace_back(price, coins); });
  EXPECT_GT(held.size(), 100u);
  EXPECT_EQ(held, expected);
}

TEST(LevelFit, LearnsFromWhatWasHeldOutWhenAsked) {
  const Synthetic s(12);
  const LevelSearch search{
      .rules = {}, .turnovers = {}, .half_lives_h = {6, 12}, .before_spreads = {}};
  LevelHistory half = history_of(s);
  half.train_bars = s.bars.size() / 2;
  LevelFitter fitter({half}, s.prior, search), whole({history_of(s)}, s.prior, search);
  const LevelModel first = fitter.fit({0}).value(), all = fitter.fit({0}, LevelBars::all).value();
  EXPECT_NE(first.log_likelihood, all.log_likelihood);
  EXPECT_EQ(all.log_likelihood, whole.fit({0}).value().log_likelihood);
}

TEST(LevelFit, HoldsTheSumAtOne) {
  Synthetic s(12);
  for (LevelBar& bar : s.bars) {
    *bar.liquidated_long *= 5;
    *bar.liquidated_short *= 5;
  }
  const LevelFit fit =
      fit_levels(level_exposures(s.bars, s.ratios, {.half_life_h = 12}, 1), s.prior).value();
  EXPECT_TRUE(fit.sum_is_one);
  double sum = 0;
  for (const double w : fit.weight) sum += w;
  EXPECT_LE(sum, 1 + 1e-9);
  EXPECT_GT(sum, 1 - 1e-6);
}

// The iteration only ever climbs, and ends where no small step climbs further.
TEST(LevelFit, EndsAtAMaximum) {
  const Synthetic s(12);
  const auto rows = level_exposures(s.bars, s.ratios, {.half_life_h = 12}, 1);
  const LevelFit fit = fit_levels(rows, s.prior).value();
  const auto posterior = [&](const ByLeverage& w) {
    double sum = 0;
    for (const LevelRow& row : rows) {
      const double mu = expected_reports(row, w, fit.background);
      sum += row.reported * std::log(mu) - mu;
    }
    for (size_t j = 0; j < w.size(); ++j)
      sum += s.prior.strength * (s.prior.mean[j] * std::log(w[j]) - w[j]);
    return sum;
  };
  const double at = posterior(fit.weight);
  for (size_t j = 0; j < kLeverages.size(); ++j) {
    for (const double by : {0.99, 1.01}) {
      ByLeverage moved = fit.weight;
      moved[j] *= by;
      EXPECT_LT(posterior(moved), at) << j << " " << by;
    }
  }
}

TEST(LevelFit, RefusesWithoutReports) {
  auto bars = market_of(1, 10, 0.003);
  EXPECT_EQ(fit_levels(level_exposures(bars, linear_ratios(), {}, 1), default_level_prior())
                .error()
                .fault,
            Fault::no_evidence);
  LevelPrior heavy;
  heavy.mean[0] = 1.1;
  bars[0].liquidated_long = 0;
  EXPECT_EQ(fit_levels(level_exposures(bars, linear_ratios(), {}, 1), heavy).error().fault,
            Fault::refused);
}

TEST(LevelPrior, IsTheRecordedOne) {
  const LevelPrior prior = default_level_prior();
  EXPECT_NEAR(prior.mean[2], 0.485, 1e-12);
  double above = 0;
  for (size_t j = 3; j < kLeverages.size(); ++j) above += prior.mean[j];
  EXPECT_NEAR(above, 0.152, 1e-12);
}

}  // namespace
}  // namespace delever::levels
