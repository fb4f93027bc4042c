// A run in steps is the run; others may take part in it, and what they did can be done again.
#include <gtest/gtest.h>

#include "sim/markets_testing.h"

namespace delever::sim {
namespace {

using fixture::must_run;
using fixture::shipped;

Scenario minutes(const std::string& name, int count) {
  Scenario s = shipped(name, 1);
  s.to = s.from + Duration::minutes(count);
  s.report_at = s.to;
  return s;
}

std::unique_ptr<Simulation> opened(const Scenario& s) {
  return std::move(Simulation::open(s, {.seed = 5})).value();
}

TEST(Steps, AreTheRun) {
  const Scenario s = minutes("gamma-short.toml", 10);
  const Outcome whole = must_run(s, {.seed = 5});
  const auto steps = opened(s);
  ASSERT_TRUE(steps->start().has_value());
  for (size_t k = 0; k < s.steps(); ++k) {
    steps->begin();
    for (size_t some = 1 + k % 7; !steps->decide(some);) {}
    for (int part = 1; part < 4; ++part) {
      for (size_t v = 0; v < steps->venues(); ++v)
        steps->venue(v).advance_to(steps->world().now + Duration::ms(part * 250));
    }
    ASSERT_TRUE(steps->end().has_value());
  }
  const auto outcome = steps->close();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome.value().hash, whole.hash);
  EXPECT_EQ(outcome.value().named(), whole.named());
  EXPECT_EQ(outcome.value().messages, whole.messages);
}

// Orders of a guest at odd moments, entered again behind the same arrivals.
TEST(Steps, AGuestsOrdersCanBeEnteredAgain) {
  const Scenario s = minutes("stop-run.toml", 3);
  struct Entered {
    size_t second;
    uint32_t taken;
    Instant at;
    CommandBody body;
  };
  std::vector<Entered> journal;
  uint64_t expected = 0;
  {
    const auto live = opened(s);
    const AccountId guest = live->open_guest(0, CollateralMode::single_coin);
    live->venue(0).deposit(live->venue(0).exchange().now(), guest, 0, 1e6);
    ASSERT_TRUE(live->start().has_value());
    for (size_t k = 0; k < s.steps(); ++k) {
      live->begin();
      if (k % 3 == 0) live->decide(3);  // some have not decided yet
      for (int part = 0; part < 5; ++part) {
        const Instant at = live->world().now + Duration::us(part * 199'999 + 7);
        if (k % 3 != 0 || part > 2) {
          while (!live->decide(100)) {}
          live->venue(0).advance_to(at);
        }
        SubmitOrder o;
        o.account = guest;
        o.type = OrderType::market;
        o.side = (k + static_cast<size_t>(part)) % 2 == 0 ? Side::buy : Side::sell;
        o.qty = Qty::nearest(0.1).value();
        const uint32_t taken = live->venue(0).taken();
        if (live->venue(0).enter(at, o) == Reject::none) journal.push_back({k, taken, at, o});
      }
      ASSERT_TRUE(live->end().has_value());
    }
    expected = live->state_hash();
    ASSERT_TRUE(live->check_balance().has_value());
    EXPECT_GT(journal.size(), 300U);
  }
  const auto again = opened(s);
  const AccountId guest = again->open_guest(0, CollateralMode::single_coin);
  again->venue(0).deposit(again->venue(0).exchange().now(), guest, 0, 1e6);
  ASSERT_TRUE(again->start().has_value());
  size_t next = 0;
  for (size_t k = 0; k < s.steps(); ++k) {
    again->begin();
    while (!again->decide(1'000)) {}
    for (; next < journal.size() && journal[next].second == k; ++next) {
      again->venue(0).advance_by(journal[next].taken);
      ASSERT_EQ(again->venue(0).enter(journal[next].at, journal[next].body), Reject::none);
    }
    ASSERT_TRUE(again->end().has_value());
  }
  EXPECT_EQ(again->state_hash(), expected);
}

TEST(Steps, PushesMoveTheMarket) {
  const Scenario s = minutes("stop-run.toml", 6);
  const auto price_after = [&](bool drop, bool thin) {
    const auto steps = opened(s);
    CHECK(steps->start().has_value());
    for (size_t k = 0; k < s.steps(); ++k) {
      if (k == 60 && drop) steps->drop({.asset = 0, .second = 60, .over = 120, .fraction = -0.05});
      if (k == 60 && thin) steps->show_depth(0);
      steps->begin();
      CHECK(steps->end().has_value());
    }
    return std::pair(steps->world().assets[0].fundamental,
                     steps->venue(0).exchange().depth(0, 1'000).bids.size());
  };
  const auto [calm, levels] = price_after(false, false);
  const auto [fallen, levels_fallen] = price_after(true, false);
  EXPECT_NEAR(fallen / calm, 0.95, 1e-9);
  EXPECT_GT(levels_fallen, 0U);
  EXPECT_LT(price_after(false, true).second, levels);
}

// A halted venue takes no orders of anybody; cancels go through.
TEST(Steps, AHaltedVenueTakesNoOrders) {
  const Scenario s = minutes("stop-run.toml", 1);
  const auto steps = opened(s);
  const AccountId guest = steps->open_guest(0, CollateralMode::single_coin);
  ASSERT_TRUE(steps->start().has_value());
  steps->begin();
  steps->halt(0, true);
  SubmitOrder o;
  o.account = guest;
  EXPECT_EQ(steps->venue(0).enter(steps->world().now, o), Reject::not_allowed);
  EXPECT_EQ(steps->venue(0).enter(steps->world().now, CancelAll{guest, {}}), Reject::none);
  for (int k = 0; k < 30; ++k) {
    ASSERT_TRUE(steps->end().has_value());
    steps->begin();
  }
  EXPECT_GT(steps->venue(0).refusals, 0U);
  EXPECT_FALSE(steps->venue(0).exchange().last(0).has_value() && steps->venue(0).volume(0) > 0);
}

}  // namespace
}  // namespace delever::sim
