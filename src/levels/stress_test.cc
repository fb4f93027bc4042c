#include "cascade/stress.h"

#include <gtest/gtest.h>

#include <cmath>

#include "levels/level_lab.h"
#include "levels/level_map.h"
#include "margin/rulebooks_testing.h"

namespace delever::levels {
namespace {

using namespace margin::fixture;

constexpr double kPrice = 84'250;

// A book on one venue, filled by hand.
struct Made {
  cascade::StressBook book{.asset = "BTC", .price = kPrice};
  margin::BookId contract = 0;

  explicit Made(const char* venue, const char* symbol) {
    auto v = std::make_unique<cascade::StressVenue>();
    v->name = venue;
    contract = v->books.add(margin::fixture::book(venue, symbol)).value();
    v->coin_usd.assign(v->books.coin_count(), 1.0);
    book.venues.push_back(std::move(v));
  }
  struct Wanted {
    PositionSide side;
    double qty, entry, leverage;
  };
  void isolated(const Wanted& w, std::optional<double> stop = {}) {
    cascade::StressAccount a{.id = "i", .kind = cascade::AccountKind::isolated};
    a.account.positions.push_back({.book = contract,
                                   .side = w.side,
                                   .mode = MarginMode::isolated,
                                   .qty = qty(w.qty),
                                   .entry = price(w.entry),
                                   .leverage = times_leverage(w.leverage),
                                   .margin = coins(w.qty * w.entry / w.leverage)});
    a.stops.push_back(stop ? std::optional(price(*stop)) : std::nullopt);
    book.accounts.push_back(a);
  }
  void cross(const std::vector<Wanted>& positions, double wallet, bool two_instruments = false) {
    cascade::StressAccount a{.id = "c", .kind = cascade::AccountKind::cross};
    for (const Wanted& w : positions) {
      const auto instrument =
          static_cast<InstrumentId>(two_instruments ? a.account.positions.size() : 0);
      a.account.positions.push_back({.instrument = instrument,
                                     .book = contract,
                                     .side = w.side,
                                     .qty = qty(w.qty),
                                     .entry = price(w.entry),
                                     .leverage = times_leverage(w.leverage)});
      a.stops.emplace_back();
    }
    a.account.balances.push_back({book.venues[0]->books[contract].settle, coins(wallet)});
    book.accounts.push_back(a);
  }
};

constexpr auto kLong = PositionSide::long_side;
constexpr auto kShort = PositionSide::short_side;

TEST(StressUnits, LiquidateWhereTheVenueDoes) {
  Made made("binance", "BTCUSDT");
  made.isolated({kLong, 2, 84'250, 20});
  made.isolated({kShort, 1, 84'250, 10});
  const auto units = cascade::stress_units(made.book, 0.3).value();
  // The figure of `delever margin` for this very position.
  EXPECT_NEAR(kPrice * std::exp(-*units[0].falls), 80'358.93574, 1e-4);
  EXPECT_FALSE(units[0].rises);
  EXPECT_NEAR(kPrice * std::exp(*units[1].rises), 84'250 * 1.1 / 1.004, 1e-3);
  EXPECT_NEAR(units[0].leverage, 20, 1e-9);
}

// Twin: whoever is said to be liquidated at y is so a little further and not a little before, by
// evaluate().
TEST(StressUnits, AgreeWithTheEngineOnBothSides) {
  size_t checked = 0;
  for (const auto& [venue, symbol] : {std::pair{"binance", "BTCUSDT"}, {"hyperliquid", "BTC"}}) {
    Made made(venue, symbol);
    for (uint32_t i = 0; i < 60; ++i) {
      Random random(61, {.entity = i});
      const auto wanted = [&] {
        return Made::Wanted{random.chance(0.5) ? kLong : kShort, log_uniform(random, 0.01, 10),
                            kPrice * (0.97 + 0.06 * random.uniform()),
                            1.0 + static_cast<double>(random.below(30))};
      };
      if (i % 3 == 0) made.isolated(wanted());
      if (i % 3 == 1) made.cross({wanted()}, log_uniform(random, 1e3, 1e5));
      if (i % 3 == 2) made.cross({wanted(), wanted()}, log_uniform(random, 1e3, 1e5), true);
    }
    const auto units = cascade::stress_units(made.book, 0.3).value();
    for (const cascade::StressUnit& unit : units) {
      EXPECT_EQ(unit.due, cascade::unit_state(made.book, unit, kPrice).value().liquidated);
      if (unit.due) continue;
      for (const bool rising : {false, true}) {
        const auto& at = rising ? unit.rises : unit.falls;
        const auto liquidated = [&](double y) {
          return cascade::unit_state(made.book, unit, kPrice * std::exp(rising ? y : -y))
              .value()
              .liquidated;
        };
        if (!at) {
          for (const double y : {0.05, 0.1, 0.2, 0.2999}) EXPECT_FALSE(liquidated(y));
          continue;
        }
        ++checked;
        EXPECT_TRUE(liquidated(*at + 1e-6));
        EXPECT_FALSE(liquidated(std::max(0.0, *at - 1e-6))) << *at;
      }
    }
  }
  EXPECT_GT(checked, 60u);
}

TEST(StressWave, CountsEverythingOnceAndMoreWithTheMove) {
  Made made("binance", "BTCUSDT");
  for (uint32_t i = 0; i < 80; ++i) {
    Random random(67, {.entity = i});
    made.isolated({random.chance(0.6) ? kLong : kShort, log_uniform(random, 0.01, 5),
                   kPrice * (0.99 + 0.02 * random.uniform()),
                   2.0 + static_cast<double>(random.below(60))});
  }
  const auto units = cascade::stress_units(made.book, 0.3).value();
  double size = 0;
  for (const cascade::StressUnit& unit : units) size += unit.longs(kPrice) + unit.shorts(kPrice);
  double before = 0;
  for (const double move : {-0.01, -0.03, -0.05, -0.1}) {
    const cascade::StressWave wave = cascade::stress_wave(made.book, units, move).value();
    double left = 0, banded = 0;
    for (const double usd : wave.left_usd) left += usd / wave.price;
    for (const cascade::StressCell& cell : wave.kinds[0].by_band) banded += cell.coins;
    EXPECT_NEAR(wave.longs.coins + wave.shorts.coins + left, size, 1e-9 * size);
    EXPECT_NEAR(banded, wave.longs.coins + wave.shorts.coins, 1e-9);
    EXPECT_GE(wave.longs.coins, before);
    before = wave.longs.coins;
    // The flow curve, to the bucket.
    const cascade::Flow flow = cascade::liquidation_flow(made.book, units, false, 0.3).value();
    EXPECT_GE(flow.mid->total(wave.y + 0.001), wave.net_coins() - 1e-9);
    EXPECT_LE(flow.mid->total(wave.y - 0.001), wave.net_coins() + 1e-9);
    const cascade::StressByKind& kind = wave.kinds[0];
    EXPECT_LE(kind.loss_usd, kind.equity_usd * 3);
  }
  EXPECT_GT(before, 0);
  EXPECT_FALSE(cascade::stress_wave(made.book, units, -1).has_value());
  EXPECT_FALSE(cascade::stress_wave(made.book, units, 0).has_value());
}

TEST(StressWave, OfAlikeAccountsIsTheMultiple) {
  Made one("binance", "BTCUSDT"), many("binance", "BTCUSDT");
  one.isolated({kLong, 2, 84'250, 20});
  many.isolated({kLong, 2, 84'250, 20});
  many.book.accounts[0].count = 7;
  const auto wave_of = [](const Made& made) {
    return cascade::stress_wave(made.book, cascade::stress_units(made.book, 0.3).value(), -0.1)
        .value();
  };
  const cascade::StressWave a = wave_of(one), b = wave_of(many);
  EXPECT_EQ(b.kinds[0].liquidated, 7u);
  EXPECT_NEAR(b.longs.usd, 7 * a.longs.usd, 1e-6);
  EXPECT_NEAR(b.kinds[0].loss_usd, 7 * a.kinds[0].loss_usd, 1e-6);
  EXPECT_NEAR(a.kinds[0].loss_usd, 8425, 1e-9);  // its margin
}

TEST(StressWave, StopsComeBeforeLiquidations) {
  Made made("binance", "BTCUSDT");
  made.isolated({kLong, 2, 84'250, 20}, 82'000);
  made.isolated({kLong, 2, 84'250, 20}, 80'000);  // behind its liquidation: never reached
  const auto units = cascade::stress_units(made.book, 0.3).value();
  const cascade::StressWave wave = cascade::stress_wave(made.book, units, -0.1).value();
  EXPECT_EQ(wave.kinds[0].stopped, 1u);
  EXPECT_EQ(wave.kinds[0].liquidated, 1u);
  EXPECT_EQ(wave.stopped_coins, 2);
  EXPECT_NEAR(wave.kinds[0].loss_usd, 2 * 2250 + 8425, 1e-6);
  EXPECT_NEAR(cascade::stop_flow(made.book, units, false, 0.3).value().mid->total(0.3), 2, 1e-12);
  EXPECT_NEAR(cascade::liquidation_flow(made.book, units, false, 0.3).value().mid->total(0.3), 2,
              1e-12);
}

TEST(StressWave, ASqueezeBuysWhatAFallSells) {
  Made made("binance", "BTCUSDT");
  made.isolated({kLong, 2, kPrice, 20});
  made.isolated({kShort, 3, kPrice, 20});
  const auto units = cascade::stress_units(made.book, 0.3).value();
  EXPECT_NEAR(cascade::liquidation_flow(made.book, units, false, 0.3).value().mid->total(0.3), 2,
              1e-12);
  EXPECT_NEAR(cascade::liquidation_flow(made.book, units, true, 0.3).value().mid->total(0.3), 3,
              1e-12);
  const cascade::StressWave squeeze = cascade::stress_wave(made.book, units, 0.1).value();
  EXPECT_EQ(squeeze.shorts.coins, 3);
  EXPECT_EQ(squeeze.longs.coins, 0);
  EXPECT_EQ(squeeze.net_coins(), -3);
}

// The same net position: 84 coins short against 100 coins of cash, its downside paid by puts.
TEST(StressWave, APortfolioIsHedgedWhereIsolatedBooksAreNot) {
  Made made("deribit", "BTC_USDC-PERPETUAL");
  made.book.venues[0]->scenarios = &*shelf().find("deribit", "BTC-PORTFOLIO")->scenarios;
  cascade::StressAccount desk{.id = "desk", .kind = cascade::AccountKind::portfolio};
  desk.cash = 100;
  desk.scenario = {{.side = kShort, .qty = 8'400'000, .entry = kPrice}};
  made.book.accounts.push_back(desk);
  cascade::StressAccount naked = desk;
  naked.id = "naked";
  naked.cash = 20;
  naked.scenario = {{.side = kLong, .qty = 8'400'000, .entry = kPrice}};
  made.book.accounts.push_back(naked);
  cascade::StressAccount covered = naked;
  covered.id = "covered";
  covered.scenario.push_back({.side = kLong,
                              .qty = 100,
                              .option = margin::OptionTerms{OptionType::put, price(84'000)},
                              .years = 0.15,
                              .vol = 0.5});
  made.book.accounts.push_back(covered);
  const auto units = cascade::stress_units(made.book, 0.3).value();
  const cascade::StressWave wave = cascade::stress_wave(made.book, units, -0.05).value();
  // Dollars of the desk: 100 coins less 99.7 short: the fall costs it next to nothing.
  const cascade::UnitState now = cascade::unit_state(made.book, units[0], kPrice).value();
  const cascade::UnitState then = cascade::unit_state(made.book, units[0], kPrice * 0.95).value();
  EXPECT_NEAR(now.equity, 100 * kPrice, 1);
  EXPECT_NEAR(then.equity - now.equity, -100 * 0.05 * kPrice + 8'400'000 * 0.05, 1);
  EXPECT_FALSE(units[0].falls);
  ASSERT_TRUE(units[1].falls);
  EXPECT_FALSE(units[2].falls && *units[2].falls <= *units[1].falls);  // puts carry it further
  EXPECT_EQ(wave.kinds[static_cast<size_t>(cascade::AccountKind::portfolio)].units, 3u);
}

// Synthetic truth whose levels can be learnt: the trial sees skill against menu and regression, and
// the map agrees with what then is liquidated.
TEST(LevelMap, EarnsItsShowingOnASyntheticMarketAndNotOnNoise) {
  margin::Rulebooks books;
  const margin::BookId id = books.add(book("binance", "BTCUSDT")).value();
  const LevelRatios ratios = level_ratios(books[id], price(kPrice)).value();
  std::vector<LevelBar> bars;
  Random random(71, {});
  double last = kPrice;
  for (int t = 0; t < 66 * 96; ++t) {  // quarters of an hour, 66 days
    LevelBar bar{.end = Instant::ns(0) + Duration::minutes(15) * (t + 1), .seconds = 900};
    const double open = last;
    last *= std::exp(0.004 * random.normal() - 0.02 * std::log(last / kPrice));
    bar.low = std::min(open, last);
    bar.high = std::max(open, last);
    const double volume = 200 * random.exponential();
    bar.taker_buy = bar.taker_sell = volume / 2;
    bar.open_interest_change = 40 * random.normal();
    bars.push_back(bar);
  }
  ByLeverage truth{0, 0, 0.2, 0.2, 0.15, 0.1, 0.1, 0, 0.05, 0};
  LevelRules rules{.half_life_h = 12};
  const double lot = 2, k = 6;
  for (LevelBar& bar : bars) bar.liquidated_long = bar.liquidated_short = 0;
  for (const LevelRow& row : level_exposures(bars, ratios, rules, lot)) {
    const double mean = expected_reports(row, truth, 1e-3);
    double factor = 0;
    for (int i = 0; i < 6; ++i) factor += random.exponential() / k;
    double count = 0;
    for (double sum = random.exponential(); sum < mean * factor; sum += random.exponential())
      ++count;
    LevelBar& bar = bars[row.bar];
    (row.side == kLong ? bar.liquidated_long : bar.liquidated_short) = count * lot;
  }
  LevelLabInput input{
      .histories = {{.bars = bars, .ratios = &ratios, .open_interest_start = 20'000}},
      .search = {.rules = rules,
                 .turnovers = {},
                 .half_lives_h = {3, 12, 48},
                 .before_spreads = {},
                 .lot = lot},
      .count_lot = lot};
  const auto tried = try_levels(input);
  ASSERT_TRUE(tried.has_value()) << tried.error().text();
  const LevelTrial& trial = tried.value();
  EXPECT_EQ(trial.models[0].rules.half_life_h, 12);
  std::string failed;
  for (const std::string& reason : trial.verdict.failed) failed += reason + "; ";
  ASSERT_TRUE(trial.verdict.against_regression && trial.verdict.against_menu);
  EXPECT_LT(trial.verdict.against_regression->p, 0.01) << failed;
  EXPECT_LT(trial.verdict.against_menu->p, 0.01) << failed;
  const LevelMap map = map_levels(input.histories[0], trial.models[0], "binance BTCUSDT");
  const std::vector<LevelMap> maps{map};
  const cascade::Flow flow = level_flow(maps, last, false, 0.3).value();
  EXPECT_GT(flow.mid->total(0.1), 0);
  EXPECT_LE(flow.low.total(0.1), flow.mid->total(0.1));
  EXPECT_GE(flow.high.total(0.1), flow.mid->total(0.1));
  const cascade::StressWave wave = level_wave(maps, last, -0.05);
  EXPECT_NEAR(wave.longs.coins, flow.mid->total(wave.y),
              0.05 * wave.longs.coins + flow.mid->total(0.001));
  // Longs at 5x and below were never crossed: what stands that far is assumption, and says so.
  ASSERT_FALSE(flow.prior_only.empty());
  EXPECT_GT(flow.prior_only[0].from, 0.05);

  // Reports that know nothing of levels: no skill, and no showing.
  for (LevelBar& bar : bars) {
    bar.liquidated_long = random.chance(0.2) ? lot : 0;
    bar.liquidated_short = random.chance(0.2) ? lot : 0;
  }
  const LevelTrial noise = try_levels(input).value();
  EXPECT_FALSE(noise.verdict.publish);
}

}  // namespace
}  // namespace delever::levels
