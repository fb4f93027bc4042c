#include "options/surface.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "options/black.h"

namespace delever::options {
namespace {

// A chain of one asset whose mid vols are given by `smile(k)`, quoted `half` either side.
template <class VolOf>
Chain chain_of(double days, VolOf vol_of, double half, double step = 0.02, double deviations = 5) {
  Chain chain{.venue = "deribit",
              .asset = "BTC",
              .settle = "BTC",
              .as_of = Instant::parse("2026-01-23T13:00:00Z").value(),
              .forward = 90000};
  chain.expiry = chain.as_of + Duration::seconds(static_cast<int64_t>(days * 86400));
  const double reach = deviations * 0.5 * std::sqrt(chain.years());
  for (double k = -reach; k <= reach; k += step) {
    for (const OptionType type : {OptionType::call, OptionType::put}) {
      const double vol = vol_of(k);
      chain.quotes.push_back({.strike = 90000 * std::exp(k),
                              .type = type,
                              .bid_iv = vol - half,
                              .ask_iv = vol + half,
                              .mark_iv = vol,
                              .open_interest = 1});
    }
  }
  return chain;
}

constexpr Svi kTrue{.a = 0.002, .b = 0.03, .rho = -0.4, .m = 0.02, .s = 0.1};

double true_vol(double k, double years) { return std::sqrt(kTrue.variance(k) / years); }

TEST(Svi, DerivativesAndDurrlemanAgreeWithDifferences) {
  for (double k = -0.5; k <= 0.5; k += 0.1) {
    const auto d = kTrue.derivatives(k);
    const double h = 1e-4;
    EXPECT_NEAR((kTrue.variance(k + h) - kTrue.variance(k - h)) / (2 * h), d.first, 1e-8);
    EXPECT_NEAR((kTrue.variance(k + h) - 2 * d.w + kTrue.variance(k - h)) / (h * h), d.second,
                1e-5);
    // The density of ln(S/F) that the smile implies, from second differences of call prices, is g
    // phi(d2) / sqrt(w).
    const auto call = [&](double strike) {
      return black_price(
          {1, strike, 1, std::sqrt(kTrue.variance(std::log(strike))), OptionType::call});
    };
    const double strike = std::exp(k), bump = 1e-4;
    const double density =
        (call(strike + bump) - 2 * call(strike) + call(strike - bump)) / (bump * bump);
    const double d2 = -k / std::sqrt(d.w) - std::sqrt(d.w) / 2;
    const double expected =
        kTrue.durrleman(k) * std::exp(-d2 * d2 / 2) / std::sqrt(2 * M_PI * d.w) / strike;
    EXPECT_NEAR(density, expected, 1e-4);
  }
}

TEST(Svi, FitsItsOwnSmile) {
  const double years = 30.0 / 365;
  const Chain chain = chain_of(
      30, [&](double k) { return true_vol(k, years); }, 0.005);
  const Surface surface = build_surface({&chain, 1});
  ASSERT_EQ(surface.smiles.size(), 1U);
  const Smile& smile = surface.smiles[0];
  EXPECT_EQ(smile.model, SmileModel::raw_svi);
  EXPECT_LT(smile.residual_rms, 0.01);
  EXPECT_EQ(smile.inside, 1);
  EXPECT_GE(smile.fit.durrleman_min, 0);
  EXPECT_NEAR(*smile.vol(90000), true_vol(0, years), 1e-4);
  EXPECT_FALSE(smile.vol(smile.strike_high * 1.01).has_value());
  EXPECT_EQ(smile.vol_held(smile.strike_high * 2), *smile.vol(smile.strike_high));
}

TEST(Surface, RandomSmilesWithNoiseStayFreeOfArbitrage) {
  Random random(5, {});
  for (int trial = 0; trial < 20; ++trial) {
    const double atm = 0.3 + 0.6 * random.uniform(), skew = 0.6 * (random.uniform() - 0.5),
                 wings = 0.5 + 2 * random.uniform();
    std::vector<Chain> chains;
    for (const double days : {2.0, 9.0, 30.0, 90.0, 270.0}) {
      const double scale = std::sqrt(days / 365);
      chains.push_back(chain_of(
          days,
          [&](double k) {
            const double z = k / scale;
            return atm + 0.1 * skew * z + 0.02 * wings * z * z / (1 + 0.3 * std::fabs(z)) +
                   0.002 * random.normal();
          },
          0.004, 0.1 * 0.5 * scale * 2));
    }
    const Surface surface = build_surface(chains);
    EXPECT_TRUE(surface.refused.empty());
    for (const Smile& smile : surface.smiles) {
      EXPECT_GE(smile.fit.durrleman_min, 0) << trial << " " << smile.years;
      EXPECT_GE(smile.fit.calendar_min, 0) << trial << " " << smile.years;
      EXPECT_LT(smile.residual_rms, 1.5) << trial << " " << smile.years;
    }
  }
}

TEST(Surface, ACalendarCrossingIsFittedAway) {
  std::vector<Chain> chains;
  chains.push_back(chain_of(
      30, [](double) { return 0.80; }, 0.01));
  chains.push_back(chain_of(
      35, [](double) { return 0.60; }, 0.01));  // total variance falls: an arbitrage
  const Surface surface = build_surface(chains);
  ASSERT_EQ(surface.smiles.size(), 2U);
  const Smile& late = surface.smiles[1];
  EXPECT_GE(late.fit.calendar_min, -1e-4);
  EXPECT_GT(*late.vol(90000), 0.72);
  EXPECT_LT(late.inside, 0.1) << "the residuals say what it cost";
}

TEST(Svi, SsviHoldsItsBounds) {
  std::vector<SviPoint> points;
  for (double k = -0.5; k <= 0.5; k += 0.05)
    points.push_back({k, 0.02 + 3 * k * k, 1});  // too convex to be a smile
  const SviFit fit = fit_ssvi(points, {-0.5, 0.5, nullptr});
  EXPECT_GE(fit.durrleman_min, 0);
  const double theta_phi = 2 * fit.svi.b;
  EXPECT_LE(theta_phi * (1 + std::fabs(fit.svi.rho)), 4 + 1e-12);
}

TEST(Surface, FiltersAndCounts) {
  Chain chain = chain_of(
      30, [](double) { return 0.5; }, 0.01, 0.02);
  size_t otm = 0, spoiled = 0;
  for (ChainQuote& q : chain.quotes) {
    const bool out = q.type == OptionType::call ? q.strike >= 90000 : q.strike < 90000;
    if (!out || ++otm > 4) continue;
    if (otm == 1) q.bid_iv.reset();
    if (otm == 2) q.bid_iv.reset(), q.ask_iv.reset();
    if (otm == 3) std::swap(q.bid_iv, q.ask_iv);
    if (otm == 4)
      q.bid = 0.5, q.ask = 2.0, q.bid_iv.reset(), q.ask_iv.reset();  // coins: no put is worth two
    ++spoiled;
  }
  ASSERT_EQ(spoiled, 4U);
  const Surface surface = build_surface({&chain, 1});
  ASSERT_EQ(surface.smiles.size(), 1U);
  const QuoteFilter& quotes = surface.smiles[0].quotes;
  EXPECT_EQ(quotes.one_sided, 1U);
  EXPECT_EQ(quotes.empty, 1U);
  EXPECT_EQ(quotes.crossed, 1U);
  EXPECT_EQ(quotes.no_vol, 1U);
  EXPECT_EQ(quotes.used + quotes.in_the_money + 4, chain.quotes.size());
}

TEST(Surface, RefusesOneExpiryAndKeepsTheOthers) {
  std::vector<Chain> chains;
  for (const double days : {7.0, 30.0, 90.0})
    chains.push_back(chain_of(
        days, [](double) { return 0.5; }, 0.01));
  chains[0].quotes.resize(6);
  chains[1].quotes[3].bid_iv = -0.2;
  const Surface surface = build_surface(chains);
  ASSERT_EQ(surface.smiles.size(), 1U);
  EXPECT_EQ(surface.smiles[0].expiry, chains[2].expiry);
  ASSERT_EQ(surface.refused.size(), 2U);
  EXPECT_NE(surface.refused[0].text().find("too_few_quotes"), std::string::npos);
  EXPECT_NE(surface.refused[1].text().find("bad_price"), std::string::npos);
}

// Known answer: a flat smile s gives s, to 1e-3 with strikes 1 % apart out to ten deviations.
TEST(VolIndex, FlatSmile) {
  for (const double vol : {0.3, 0.5}) {
    std::vector<Chain> chains;
    for (const double days : {23.0, 51.0}) {
      chains.push_back(chain_of(
          days, [&](double) { return vol; }, 1e-6, 0.01, 20 * vol));
    }
    const auto index = vol_index_30d(chains);
    ASSERT_TRUE(index.has_value()) << index.error().text();
    EXPECT_NEAR(index.value().value, vol, 1e-3);
  }
}

TEST(VolIndex, InterpolatesTotalVarianceTo30Days) {
  std::vector<Chain> chains{chain_of(
                                10, [](double) { return 0.4; }, 1e-6, 0.005, 8),
                            chain_of(
                                50, [](double) { return 0.6; }, 1e-6, 0.01, 8)};
  const VolIndex30 index = vol_index_30d(chains).value();
  const double total = (0.16 * 10 + 0.36 * 50) / 2;
  EXPECT_NEAR(index.value, std::sqrt(total / 30), 1e-3);
  EXPECT_EQ(index.near_expiry, chains[0].expiry);
}

TEST(VolIndex, RefusesWithoutBothSides) {
  std::vector<Chain> chains{chain_of(
      50, [](double) { return 0.6; }, 0.01)};
  EXPECT_EQ(vol_index_30d(chains).error().what, "no usable expiry before 30 days");
}

// A bend narrower than the distance of the points at which the condition is checked is seen.
TEST(Svi, a_narrow_bend_is_checked_as_well) {
  SviFit fit{.svi = {.a = 1e-9, .b = 1e-3, .rho = 0, .m = 0, .s = 1e-4}};
  const SviBounds bounds{.k_low = -0.4975, .k_high = 0.5025};  // 0 lies between two points
  check_svi(fit, bounds);
  EXPECT_GT(fit.svi.durrleman(0.0025), 0);
  EXPECT_LT(fit.svi.durrleman(0.0004), 0);
  EXPECT_LT(fit.durrleman_min, 0);
  EXPECT_FALSE(fit.free_of_arbitrage());
}

// A smile through its quotes whose density is negative beyond them: Vogt's example (Gatheral and
// Jacquier 2014). What has no quotes is listed, and read.
TEST(Surface, HasADensityAtEveryStrikeThatIsRead) {
  const Svi vogt{.a = -0.041, .b = 0.1331, .rho = 0.306, .m = 0.3586, .s = 0.4153};
  Chain chain = chain_of(
      365, [&](double k) { return std::sqrt(vogt.variance(k)); }, 0.001, 0.02, 1);
  const double quoted = std::log(chain.quotes.back().strike / 90000);
  double least = 1;
  for (double k = -1.5; k <= 1.5; k += 0.02) least = std::min(least, vogt.durrleman(k));
  ASSERT_LT(least, -0.005);
  for (double k = -1.4; k <= 1.4; k += 0.1) {
    if (std::fabs(k) <= quoted) continue;
    chain.quotes.push_back({.strike = 90000 * std::exp(k),
                            .type = k < 0 ? OptionType::put : OptionType::call,
                            .ask = 0.9,
                            .open_interest = 1});
  }
  const Surface surface = build_surface({&chain, 1});
  ASSERT_EQ(surface.smiles.size(), 1U);
  const Smile& smile = surface.smiles[0];
  EXPECT_GE(smile.fit.durrleman_min, 0);
  EXPECT_LT(smile.strike_high, 90000 * std::exp(quoted + 0.01));
  for (double k = -1.5; k <= 1.5; k += 0.01) EXPECT_GE(smile.fit.svi.durrleman(k), 0) << k;
  // Prices fall with the strike, and ever slower.
  const auto call = [&](double strike) {
    const double k = std::log(strike / 90000);
    return black_price({90000, strike, 1, std::sqrt(smile.fit.svi.variance(k)), OptionType::call});
  };
  for (double strike = 25000; strike < 380000; strike *= 1.01) {
    const double down = strike / 1.01, up = 2 * strike - down;
    EXPECT_GT(call(down) - 2 * call(strike) + call(up), -1e-6) << strike;
  }
  EXPECT_LE(smile.fit.svi.b * (1 + std::fabs(smile.fit.svi.rho)), 2 + 1e-12);
}

}  // namespace
}  // namespace delever::options
