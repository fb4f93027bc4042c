#include "options/exposure.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "options/black.h"
#include "options/instants_testing.h"

namespace delever::options {
namespace {

Chain small_chain() {
  Chain chain{.venue = "deribit",
              .asset = "BTC",
              .settle = "BTC",
              .as_of = at("2026-01-23T13:00:00Z"),
              .expiry = at("2026-01-30T08:00:00Z"),
              .forward = 89300};
  const double calls[] = {5, 10, 60, 120, 300}, puts[] = {250, 90, 40, 10, 2};
  for (size_t i = 0; i < 5; ++i) {
    const double strike = 80000 + 5000 * static_cast<double>(i);
    chain.quotes.push_back(
        {.strike = strike, .type = OptionType::call, .mark_iv = 0.42, .open_interest = calls[i]});
    chain.quotes.push_back(
        {.strike = strike, .type = OptionType::put, .mark_iv = 0.45, .open_interest = puts[i]});
  }
  return chain;
}

TEST(MaxPain, KnownAnswer) {
  const std::vector<StrikeInterest> strikes{{90, 10, 0}, {100, 5, 5}, {110, 0, 10}};
  const auto pain = max_pain(strikes);
  ASSERT_TRUE(pain.has_value());
  EXPECT_EQ(pain->strike_usd, 100);
  EXPECT_EQ(pain->pain_usd, 200);
  EXPECT_FALSE(max_pain(std::span(strikes).first(0)).has_value());
  EXPECT_FALSE(max_pain(std::vector<StrikeInterest>{{100, 0, 0}}).has_value());
  std::vector<StrikeInterest> filled = strikes;
  fill_pain(filled);
  EXPECT_EQ(filled[0].pain_usd, 250);
  EXPECT_EQ(filled[1].pain_usd, 200);
  EXPECT_EQ(filled[2].pain_usd, 250);
  const auto apart = max_pain(
      std::vector<StrikeInterest>{{100, 10, 0}, {200, 0, 9}});  // 900, 1000; in coins 9 and 5
  EXPECT_EQ(apart->strike_usd, 100);
  EXPECT_EQ(apart->strike_coin, 200);
}

// The two passes against the double loop, on random boards.
TEST(MaxPain, AgreesWithTheDoubleLoop) {
  Random random(9, {});
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<StrikeInterest> strikes;
    double strike = 100;
    for (uint64_t i = 0, n = 1 + random.below(30); i < n; ++i) {
      strike += 1 + static_cast<double>(random.below(20));
      strikes.push_back(
          {strike, static_cast<double>(random.below(50)), static_cast<double>(random.below(50))});
    }
    double best_usd = INFINITY, best_coin = INFINITY, open = 0;
    for (const StrikeInterest& s : strikes) {
      double pain = 0;
      open += s.calls + s.puts;
      for (const StrikeInterest& k : strikes) {
        pain += k.calls * std::max(s.strike - k.strike, 0.0) +
                k.puts * std::max(k.strike - s.strike, 0.0);
      }
      best_usd = std::min(best_usd, pain);
      best_coin = std::min(best_coin, pain / s.strike);
    }
    const auto pain = max_pain(strikes);
    ASSERT_EQ(pain.has_value(), open > 0);
    if (!pain) continue;
    EXPECT_NEAR(pain->pain_usd, best_usd, 1e-9);
    EXPECT_NEAR(pain->pain_coin, best_coin, 1e-9);
  }
}

TEST(Exposure, GrossIsTheSumAndTheBandHoldsEveryAssumption) {
  const Chain chain = small_chain();
  const Exposure e = measure_exposure(chain, nullptr, nullptr).value();
  EXPECT_EQ(e.calls, 495);
  EXPECT_EQ(e.puts, 392);
  EXPECT_NEAR(*e.put_call, 392.0 / 495, 1e-15);
  double gross = 0, flow = 0, naive = 0;
  for (const ChainQuote& q : chain.quotes) {
    const BlackGreeks now = black({89300, q.strike, chain.years(), *q.mark_iv, q.type});
    const BlackGreeks up =
        black({89300 * std::exp(0.01), q.strike, chain.years(), *q.mark_iv, q.type});
    gross += *q.open_interest * now.gamma * 893;
    flow += *q.open_interest * (up.delta - now.delta);
    naive -= *q.open_interest * (up.delta - now.delta) * (q.type == OptionType::call ? 1 : -1);
  }
  EXPECT_NEAR(e.gamma_calls + e.gamma_puts, gross, 1e-9);
  EXPECT_NEAR(e.gamma_net.gross, gross, 1e-9);
  const NetFlow& h = e.sticky_strike.at(0.01);
  EXPECT_NEAR(h.gross, flow, 1e-9);
  EXPECT_EQ(h.low, -h.gross);
  EXPECT_EQ(h.high, h.gross);
  EXPECT_FALSE(h.mean.has_value());
  EXPECT_FALSE(h.sign_known());
  EXPECT_NEAR(h.assumed[0], naive, 1e-9);
  EXPECT_NEAR(h.assumed[1], -naive, 1e-9);
  EXPECT_NEAR(h.assumed[2], -flow, 1e-9) << "long options: sell what rises";
  EXPECT_NEAR(h.assumed[3], flow, 1e-9);
  for (const NetFlow& f : e.sticky_strike.flow) {
    for (const double assumed : f.assumed) EXPECT_LE(std::fabs(assumed), f.gross * (1 + 1e-12));
  }
  EXPECT_FALSE(e.sticky_delta.has_value());
}

TEST(Exposure, ASmallMoveIsGammaTimesTheMove) {
  const Exposure e = measure_exposure(small_chain(), nullptr, nullptr).value();
  EXPECT_NEAR(e.sticky_strike.at(0.005).gross / 0.5, e.gamma_net.gross, 0.05 * e.gamma_net.gross);
}

TEST(Exposure, StickyDeltaOfAFlatSmileIsStickyStrike) {
  Chain chain = small_chain();
  for (ChainQuote& q : chain.quotes) q.mark_iv = 0.4, q.bid_iv = 0.39, q.ask_iv = 0.41;
  const Surface surface = build_surface({&chain, 1});
  ASSERT_EQ(surface.smiles.size(), 1U);
  const Exposure e = measure_exposure(chain, &surface.smiles[0], nullptr).value();
  ASSERT_TRUE(e.sticky_delta.has_value());
  EXPECT_EQ(e.sticky_delta->rule, StickyRule::delta);
  for (const double x : kMoves) {
    EXPECT_NEAR(e.sticky_delta->at(x).gross, e.sticky_strike.at(x).gross,
                0.02 * e.sticky_strike.at(x).gross)
        << x;
  }
}

TEST(Exposure, OptionsWithoutVolWidenTheBand) {
  Chain chain = small_chain();
  const double before =
      measure_exposure(chain, nullptr, nullptr).value().sticky_strike.at(0.01).gross;
  chain.quotes.push_back({.strike = 250000, .type = OptionType::call, .open_interest = 33});
  const Exposure e = measure_exposure(chain, nullptr, nullptr).value();
  EXPECT_EQ(e.unpriced, 33);
  EXPECT_NEAR(e.sticky_strike.at(0.01).gross, before + 33, 1e-9);
}

TEST(Exposure, RefusesByName) {
  Chain chain = small_chain();
  for (ChainQuote& q : chain.quotes) q.open_interest = 0;
  EXPECT_EQ(measure_exposure(chain, nullptr, nullptr).error().text(),
            "BTC 30JAN26@BTC: no_open_interest: every contract is closed");
  for (ChainQuote& q : chain.quotes) q.open_interest.reset();
  EXPECT_EQ(measure_exposure(chain, nullptr, nullptr).error().text(),
            "BTC 30JAN26@BTC: no_open_interest: none is told");
  chain = small_chain();
  chain.forward.reset();
  EXPECT_EQ(measure_exposure(chain, nullptr, nullptr).error().what.substr(0, 11), "no_forward:");
  chain = small_chain();
  chain.as_of = chain.expiry + Duration::hours(1);
  const std::vector<Chain> chains{small_chain(), chain};
  const Exposures all = measure_exposures(chains, {}, nullptr);
  EXPECT_EQ(all.expiries.size(), 1U);
  ASSERT_EQ(all.refused.size(), 1U);
  EXPECT_EQ(all.refused[0].what.substr(0, 8), "expired:");
  EXPECT_FALSE(all.sticky_delta_complete);
}

OptionKey key(double strike, OptionType type) {
  return {"deribit", "BTC", "BTC", at("2026-01-30T08:00:00Z"), strike, type};
}

TEST(DealerBook, TradesMoveTheMeanAgainstTheTaker) {
  DealerBook book;
  const OptionKey option = key(90000, OptionType::call);
  EXPECT_EQ(book.position(option, 30).mean, 0);
  EXPECT_DOUBLE_EQ(book.position(option, 30).variance, 300) << "unknown: uniform over +-30";
  book.on_listed(option);
  book.on_trade(option, {.taker_side = Side::buy, .coins = 10});
  EXPECT_DOUBLE_EQ(book.position(option, 30).mean, -9);
  EXPECT_DOUBLE_EQ(book.position(option, 30).variance, 4 * 100 * 0.9 * 0.1);
  book.on_trade(option, {.taker_side = Side::sell, .coins = 4, .kind = TradeKind::block});
  EXPECT_DOUBLE_EQ(book.position(option, 30).mean, -9 + 2.8);
  EXPECT_DOUBLE_EQ(book.position(option, 5).mean, -5) << "no more than is open";
  EXPECT_DOUBLE_EQ(book.position(option, 5).variance, 25.0 / 3);
  book.drop_expired(at("2026-01-30T08:00:00Z"));
  EXPECT_EQ(book.position(option, 30).mean, 0);
}

TEST(DealerBook, ReadsTradesFromEvents) {
  Instruments instruments;
  Instrument option = parse_name("BTC-USD-260130-90000-C@BTC").value();
  option.venue = "deribit", option.symbol = "BTC-30JAN26-90000-C",
  option.contract_size = Qty::parse("1").value();
  const InstrumentId id = instruments.add(option);
  DealerBook book;
  Trade trade{.price = Price::parse("0.02").value(),
              .qty = Qty::parse("2.5").value(),
              .taker_side = Side::sell};
  book.on_event({.instrument = id, .payload = trade}, instruments);
  trade.block = true;
  book.on_event({.instrument = id, .payload = trade}, instruments);
  EXPECT_DOUBLE_EQ(book.position(key(90000, OptionType::call), 100).mean, 2.5 * 0.9 + 2.5 * 0.7);
}

// Trades that account for the whole open interest, one way: the band leaves 0 and the flip level is
// allowed.
TEST(Exposure, SignedTradesNarrowTheBand) {
  const Chain chain = small_chain();
  DealerBook book({.screen = 0.98});
  for (const ChainQuote& q : chain.quotes) {
    const OptionKey option = key(q.strike, q.type);
    book.on_listed(option);
    // Customers buy everything up to 90,000 and sell what is above, in ten trades each.
    const Side side = q.strike > 92000 ? Side::sell : Side::buy;
    for (int i = 0; i < 10; ++i)
      book.on_trade(option, {.taker_side = side, .coins = *q.open_interest / 10});
  }
  const Exposure e = measure_exposure(chain, nullptr, &book).value();
  const NetFlow& down = e.sticky_strike.at(-0.10);
  ASSERT_TRUE(down.mean.has_value());
  EXPECT_GT(down.low, -down.gross);
  EXPECT_TRUE(down.sign_known());
  EXPECT_LT(*down.mean, 0) << "short what is below: sell as it falls";
  EXPECT_LE(down.low, *down.mean);
  EXPECT_GE(down.high, *down.mean);
  const std::vector<Chain> chains{chain};
  const auto flip = gamma_flip(chains, {}, &book);
  if (e.sticky_strike.at(0.01).sign_known()) {
    ASSERT_TRUE(flip.has_value()) << flip.error().text();
    EXPECT_GT(flip.value(), 80000);
    EXPECT_LT(flip.value(), 105000);
  }
  EXPECT_TRUE(e.sticky_strike.at(0.01).sign_known());
}

TEST(Exposure, NoFlipLevelFromOpenInterestAlone) {
  const std::vector<Chain> chains{small_chain()};
  const auto flip = gamma_flip(chains, {}, nullptr);
  ASSERT_FALSE(flip.has_value());
  EXPECT_EQ(flip.error().what.substr(0, 32), "hedgers' side is not known: the ");
}

TEST(Exposure, TotalsAddGrossAndQuadrature) {
  std::vector<Chain> chains{small_chain(), small_chain()};
  chains[1].expiry = at("2026-02-27T08:00:00Z");
  const DealerBook empty;
  const Exposures all = measure_exposures(chains, {}, &empty);
  ASSERT_EQ(all.expiries.size(), 2U);
  const NetFlow &a = all.expiries[0].sticky_strike.at(0.01),
                &b = all.expiries[1].sticky_strike.at(0.01);
  const NetFlow& total = all.sticky_strike.at(0.01);
  EXPECT_NEAR(total.gross, a.gross + b.gross, 1e-9);
  EXPECT_NEAR(total.high, 1.6448536 * std::sqrt(a.variance + b.variance), 1e-6);
}

// Over the last half hour the average settles and gamma fades, where a plain option's explodes.
TEST(Settlement, GammaFadesOverTheWindow) {
  const Instant expiry = at("2026-01-30T08:00:00Z");
  EXPECT_EQ(settled_share(expiry - Duration::minutes(45), expiry), 0);
  EXPECT_DOUBLE_EQ(settled_share(expiry - Duration::minutes(15), expiry), 0.5);
  EXPECT_EQ(settled_share(expiry, expiry), 1);
  double before = INFINITY;
  for (const int minutes : {30, 20, 10, 5, 1}) {
    const Duration left = Duration::minutes(minutes);
    const double fixed = settled_share(expiry - left, expiry);
    const SettlementGreeks g =
        settlement_greeks(OptionType::call, 84000, 84000, 0.5, left.in_years(), {fixed, 84000});
    EXPECT_LT(g.gamma, before);
    EXPECT_NEAR(g.delta, (1 - fixed) * 0.5, 0.01);
    before = g.gamma;
    // The same by bumping the index.
    const auto price = [&](double index) {
      return settlement_greeks(OptionType::call, 84000, index, 0.5, left.in_years(), {fixed, 84000})
          .price;
    };
    EXPECT_NEAR((price(84001) - price(83999)) / 2, g.delta, 2e-3);
  }
  Chain chain = small_chain();
  chain.as_of = chain.expiry - Duration::minutes(15);
  EXPECT_DOUBLE_EQ(measure_exposure(chain, nullptr, nullptr).value().settled, 0.5);
}

}  // namespace
}  // namespace delever::options
