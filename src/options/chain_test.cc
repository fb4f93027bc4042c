#include "options/chain.h"

#include <gtest/gtest.h>

#include <cmath>

#include "options/black.h"
#include "options/instants_testing.h"

namespace delever::options {
namespace {

// A coin-settled chain with exact two-sided prices around a known forward.
Chain coin_chain(double forward = 89300) {
  Chain chain{.venue = "deribit",
              .asset = "BTC",
              .settle = "BTC",
              .as_of = at("2026-01-23T13:00:00Z"),
              .expiry = at("2026-01-30T08:00:00Z"),
              .forward = forward,
              .forward_name = "SYN.BTC-30JAN26"};
  for (double strike = 70000; strike <= 110000; strike += 2000) {
    for (const OptionType type : {OptionType::call, OptionType::put}) {
      const double coins = black_price({forward, strike, chain.years(), 0.4, type}) / forward;
      chain.quotes.push_back({.strike = strike,
                              .type = type,
                              .bid = coins * 0.99,
                              .ask = coins * 1.01,
                              .mark = coins,
                              .mark_iv = 0.4,
                              .open_interest = 10});
    }
  }
  return chain;
}

TEST(Chain, ForwardFromParityOfCoinPrices) {
  const auto found = forward_from_parity(coin_chain(), std::nullopt);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->value, 89300, 1);
  EXPECT_LE(*found->low, 89300);
  EXPECT_GE(*found->high, 89300);
  EXPECT_EQ(found->strikes, 21U);
}

TEST(Chain, ForwardFromParityOfLinearPrices) {
  Chain chain = coin_chain();
  chain.settlement = OptionSettlement::linear;
  for (ChainQuote& q : chain.quotes) q.bid = *q.bid * 89300, q.ask = *q.ask * 89300;
  EXPECT_NEAR(forward_from_parity(chain, std::nullopt)->value, 89300, 1);
}

TEST(Chain, ForwardFromParityOfVols) {
  Chain chain = coin_chain();
  for (ChainQuote& q : chain.quotes) {
    q.bid.reset(), q.ask.reset(), q.mark.reset();
    q.bid_iv = 0.395, q.ask_iv = 0.405;
  }
  EXPECT_FALSE(forward_from_parity(chain, std::nullopt).has_value());
  EXPECT_NEAR(forward_from_parity(chain, 89300)->value, 89300, 1e-6);
  // Put vols above call vols mean that calls are cheap: the forward by parity is below the
  // reference.
  for (ChainQuote& q : chain.quotes) {
    if (q.type == OptionType::put) q.bid_iv = 0.397, q.ask_iv = 0.407;
  }
  EXPECT_LT(forward_from_parity(chain, 89300)->value, 89295);
}

TEST(Chain, ForwardFromDeltas) {
  Chain chain = coin_chain();
  for (ChainQuote& q : chain.quotes)
    q.delta = black({89300, q.strike, chain.years(), 0.4, q.type}).delta;
  const auto found = forward_from_deltas(chain);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->value, 89300, 1e-6);
}

TEST(Chain, ChoosesAndNamesItsForward) {
  Chain chain = coin_chain();
  EXPECT_EQ(choose_forward(chain).value().source, "venue");
  chain.forward.reset();
  EXPECT_EQ(choose_forward(chain).value().source, "parity");
  for (ChainQuote& q : chain.quotes) q.bid.reset(), q.ask.reset();
  const auto none = choose_forward(chain);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().text().substr(0, 30), "BTC 30JAN26@BTC: no_forward: n");
}

TEST(Chain, RefusesByName) {
  const auto refusal = [](const Chain& chain) {
    const auto checked = check_chain(chain);
    return checked.has_value() ? std::string("fine") : checked.error().what;
  };
  EXPECT_EQ(refusal(coin_chain()), "fine");
  Chain chain = coin_chain();
  chain.quotes[4].bid = -0.01;
  EXPECT_EQ(refusal(chain), "bad_price: 74000 C bid -0.01");
  chain = coin_chain();
  chain.quotes[4].mark_iv = std::nan("");
  EXPECT_EQ(refusal(chain), "bad_price: 74000 C mark_iv nan");
  chain = coin_chain();
  chain.quotes.resize(1);
  EXPECT_EQ(refusal(chain), "too_few_quotes: 1 in the chain");
  chain = coin_chain();
  chain.as_of = chain.expiry;
  EXPECT_EQ(refusal(chain), "expired: it settled at 2026-01-30T08:00:00Z");
  chain = coin_chain();
  chain.forward = -5;
  EXPECT_EQ(refusal(chain), "bad_price: forward -5");
}

// Builder: latest quote per option, stale ones out, expiries and settlement coins apart, bad ones
// refused alone.
class Builder : public testing::Test {
 protected:
  Instruments instruments;
  ChainBuilder builder{instruments};
  Instant now = at("2026-01-23T13:00:00Z");

  InstrumentId option(const std::string& name) {
    Instrument made = parse_name(name).value();
    made.venue = "deribit", made.symbol = name;
    made.contract_size = Qty::parse("1").value();
    return instruments.add(made);
  }
  void quote(InstrumentId id, Instant when, double bid, std::string_view interest = "5") {
    OptionQuote q;
    q.bid_price = Price::nearest(bid).value(), q.ask_price = Price::nearest(bid + 0.001).value();
    q.mark_iv = 0.4, q.bid_iv = 0.0, q.underlying_price = 89300, q.underlying = "SYN";
    q.open_interest = Qty::parse(interest).value();
    builder.on_event({.instrument = id, .at = when, .received = when, .payload = q});
  }
};

TEST_F(Builder, LatestPerOption) {
  const InstrumentId put = option("BTC-USD-260130-80000-P@BTC"),
                     call = option("BTC-USD-260130-90000-C@BTC");
  const InstrumentId usdc = option("BTC-USDC-260130-90000-C");
  const InstrumentId late = option("BTC-USD-260327-90000-C@BTC"),
                     gone = option("BTC-USD-260123-90000-C@BTC");
  quote(call, now - Duration::minutes(5), 0.01);
  quote(call, now - Duration::minutes(1), 0.02, "7");
  quote(put, now - Duration::minutes(2), 0);
  quote(usdc, now, 1500);
  quote(late, now - Duration::hours(3), 0.05);
  quote(gone, now, 0.01);
  const auto made = builder.chains({.at = now});
  ASSERT_EQ(made.chains.size(), 1U);
  const Chain& chain = made.chains[0];
  EXPECT_EQ(chain.name(), "BTC 30JAN26@BTC");
  EXPECT_EQ(chain.settlement, OptionSettlement::coin);
  ASSERT_EQ(chain.quotes.size(), 2U);
  EXPECT_EQ(chain.quotes[0].strike, 80000);
  EXPECT_FALSE(chain.quotes[0].bid.has_value()) << "a bid of 0 is no bid";
  EXPECT_FALSE(chain.quotes[0].bid_iv.has_value());
  EXPECT_EQ(chain.quotes[1].bid, 0.02);
  EXPECT_EQ(chain.quotes[1].open_interest, 7);
  EXPECT_EQ(chain.forward, 89300);
  EXPECT_EQ(made.stale, 1U);
  ASSERT_EQ(made.refused.size(), 1U);
  EXPECT_EQ(made.refused[0].text(), "BTC 30JAN26@USDC: too_few_quotes: 1 in the chain");
}

TEST_F(Builder, BoardsKeepSettlementCoinsApart) {
  for (const char* name :
       {"BTC-USD-260130-80000-P@BTC", "BTC-USD-260130-90000-C@BTC", "BTC-USD-260327-80000-P@BTC",
        "BTC-USD-260327-90000-C@BTC", "BTC-USDC-260130-80000-P", "BTC-USDC-260130-90000-C"}) {
    quote(option(name), now, 0.01);
  }
  const auto made = builder.chains({.at = now});
  ASSERT_EQ(made.chains.size(), 3U);
  const auto boards = boards_of(made.chains);
  ASSERT_EQ(boards.size(), 2U);
  EXPECT_EQ(boards[0].size(), 2U);
  EXPECT_EQ(boards[1][0].settle, "USDC");
  EXPECT_EQ(boards[1][0].settlement, OptionSettlement::linear);
}

TEST_F(Builder, ABadExpiryLeavesTheOthersStanding) {
  quote(option("BTC-USD-260130-80000-P@BTC"), now, 0.01);
  quote(option("BTC-USD-260130-90000-C@BTC"), now, -0.01);
  quote(option("BTC-USD-260327-80000-P@BTC"), now, 0.01);
  quote(option("BTC-USD-260327-90000-C@BTC"), now, 0.03);
  const auto made = builder.chains({.at = now});
  ASSERT_EQ(made.chains.size(), 1U);
  EXPECT_EQ(made.chains[0].name(), "BTC 27MAR26@BTC");
  ASSERT_EQ(made.refused.size(), 1U);
  EXPECT_EQ(made.refused[0].text(), "BTC 30JAN26@BTC: bad_price: 90000 C bid -0.01");
}

// One option may be closed; all of an expiry at once are a snapshot that went wrong.
TEST_F(Builder, AnExpiryThatSaysZeroThroughoutTellsNothing) {
  const InstrumentId put = option("BTC-USD-260130-80000-P@BTC"),
                     call = option("BTC-USD-260130-90000-C@BTC");
  const auto interests = [&] {
    const auto made = builder.chains({.at = now});
    std::vector<std::optional<double>> out;
    for (const ChainQuote& q : made.chains.at(0).quotes) out.push_back(q.open_interest);
    return out;
  };
  using Interests = std::vector<std::optional<double>>;
  quote(put, now - Duration::minutes(5), 0.01, "0");
  quote(call, now - Duration::minutes(5), 0.01, "0");
  EXPECT_EQ(interests(), (Interests{0, 0})) << "a new expiry";
  quote(put, now - Duration::minutes(4), 0.01, "7");
  quote(call, now - Duration::minutes(4), 0.01, "8");
  quote(call, now - Duration::minutes(3), 0.01, "0");
  EXPECT_EQ(interests(), (Interests{7, 0}));
  quote(put, now - Duration::minutes(2), 0.01, "0");
  EXPECT_EQ(interests(), (Interests{std::nullopt, std::nullopt}));
}

}  // namespace
}  // namespace delever::options
