// Goal: the chain of the rehearsal is quoted on both sides of its marks and moves with its
// underlying.
#include <gtest/gtest.h>

#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

struct Quoted {
  size_t options = 0, two_sided = 0, around = 0;
  double call_bid = 0;  // of the first call at 84,000, in coins
};

Quoted chain_of(const Simulation& s) {
  Quoted out;
  for (size_t v = 0; v < s.venues(); ++v) {
    const Venue& venue = s.venue(v);
    if (venue.setup().role != VenueRole::options) continue;
    const auto& listings = venue.exchange_setup().listings;
    for (InstrumentId i = 0; i < listings.size(); ++i) {
      if (!listings[i].option) continue;
      const BookSnapshot top = venue.exchange().depth(i, 1);
      const auto mark = venue.exchange().mark(i);
      ++out.options;
      if (top.bids.empty() || top.asks.empty() || !mark) continue;
      ++out.two_sided;
      // Marks and quotes are made anew every five seconds, not in the same one.
      const Price apart = Price::nearest(0.0005).value();
      out.around += top.bids[0].price <= *mark + apart && *mark - apart <= top.asks[0].price;
      if (listings[i].symbol.find("-84000-C") != std::string::npos && out.call_bid == 0)
        out.call_bid = top.bids[0].price.approx();
    }
  }
  return out;
}

// Coins of options that were traded meanwhile.
double run(Simulation& s, size_t seconds) {
  double traded = 0;
  for (size_t k = 0; k < seconds; ++k) {
    s.begin();
    CHECK(s.end().has_value());
    for (size_t v = 0; v < s.venues(); ++v) {
      const Venue& venue = s.venue(v);
      for (InstrumentId i = 0; i < venue.instruments(); ++i)
        traded += venue.exchange_setup().listings[i].option ? venue.volume(i) : 0;
    }
  }
  return traded;
}

TEST(OptionQuotes, AChainIsQuotedAroundItsMarksAndFollowsItsUnderlying) {
  const Scenario scenario = fixture::shipped("rehearsal.toml", 1);
  auto opened = Simulation::open(scenario, {.seed = 5});
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  Simulation& s = *opened.value();
  ASSERT_TRUE(s.start().has_value());
  run(s, 60);
  const Quoted before = chain_of(s);
  EXPECT_EQ(before.options, 84u);
  // Far puts and calls of tomorrow are worth less than a tick: they have no bid.
  EXPECT_GE(before.two_sided, 70u);
  EXPECT_GE(before.around * 20, before.two_sided * 19);
  ASSERT_GT(before.call_bid, 0);
  s.drop({0, s.second(), 30, -0.04});
  run(s, 120);
  const Quoted after = chain_of(s);
  EXPECT_LT(after.call_bid, before.call_bid * 0.5);
  EXPECT_GE(after.two_sided, 60u);
  EXPECT_GT(run(s, 420), 0);
  EXPECT_TRUE(s.check_balance().has_value());
}

TEST(OptionQuotes, AScenarioWithoutOptionsHasNoneToQuote) {
  std::string text = fixture::shipped("rehearsal.toml", 1).text;
  text.erase(text.find("[[option]]"));  // to its end
  const auto read = Scenario::parse(text, "t.toml", fixture::shelf());
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().text().find("option_quotes"), std::string::npos) << read.error().text();
}

}  // namespace
}  // namespace delever::sim
