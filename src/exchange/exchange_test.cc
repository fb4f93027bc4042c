// The machine as a whole: what a snapshot keeps, what the hash sees and what it does not, and when
// commands are refused for their time.
#include "exchange/exchange.h"

#include "exchange/timed_exchange_testing.h"

namespace delever::exchange {
namespace {

using namespace fixture;

std::unique_ptr<Exchange> opened(ExchangeSetup setup) {
  return std::move(Exchange::open(std::move(setup))).value();
}

TEST(Time, GoesForwardWithinBounds) {
  Venue v(still_venue());
  v.go_to(100);
  v.tick(0);
  v.tick(0);
  v.go_to(99);
  EXPECT_EQ(v.send(TickClock{}), Reject::time_goes_back);
  Teller teller;
  EXPECT_EQ(v->apply({Instant::max(), TickClock{}}, teller), Reject::bad_time);
  EXPECT_EQ(v->now(), at(100));
  const auto early = opened(still_venue());
  EXPECT_EQ(early->apply({Instant::min(), TickClock{}}, teller), Reject::bad_time);
}

// --- Looks ---

// A pool that changed is looked at on the next tick and, in place of a bound, on the one after;
// then a bound stands, and small moves reach nobody. In USD too, where USDT is worth 1.
TEST(Looks, PoolsFarFromTroubleAreLeftAlone) {
  for (const CollateralMode mode : {CollateralMode::single_coin, CollateralMode::multi_asset}) {
    Venue v(still_venue());
    const AccountId maker = v.open(1'000'000), desk = v.open(100'000, 2, {.collateral = mode});
    v.buys(desk, maker, 84'000, 1);
    const uint64_t before = v->looks();
    v.tick();
    v.tick();
    const uint64_t bounded = v->looks();
    EXPECT_GE(bounded, before + 4);  // both sides of the trade, twice
    for (int i = 0; i < 50; ++i) {
      v.index(84'000 + i);
      v.mark(kPerp, 84'000 + i);
    }
    EXPECT_EQ(v->looks(), bounded);
    v.mark(kPerp, 84'000);
    v.buys(desk, maker, 84'000, 0.01);
    v.tick();
    EXPECT_GT(v->looks(), bounded);
  }
}

// --- Snapshots ---

class Snapshots : public testing::TestWithParam<const char*> {};

// Restored after every hundredth command, it says and becomes what the one that went on says and
// becomes.
TEST_P(Snapshots, GoOnAsTheOriginal) {
  ExchangeSetup setup = small_venue(GetParam());
  setup.listings[kPerp].outside_mark = setup.listings[kInverse].outside_mark = true;
  const std::vector<Command> log = lively(setup, 7, 1'500);
  const auto whole = opened(setup);
  std::unique_ptr<Exchange> other = opened(setup);
  std::string kinds;
  for (size_t n = 0; n < log.size(); ++n) {
    if (n % 100 == 99) {
      const std::string bytes = whole->snapshot();
      auto restored = Exchange::restore(setup, bytes);
      ASSERT_TRUE(restored.has_value()) << restored.error().text();
      other = std::move(restored).value();
      ASSERT_EQ(other->hash(), whole->hash()) << n;
      ASSERT_EQ(other->snapshot(), bytes) << n;
    }
    Teller said, repeated;
    ASSERT_EQ(whole->apply(log[n], said), Reject::none);
    ASSERT_EQ(other->apply(log[n], repeated), Reject::none) << n;
    ASSERT_EQ(said.text, repeated.text) << n;
    ASSERT_EQ(whole->hash(), other->hash()) << n;
    kinds += said.text;
  }
  for (const char* kind : {"liquidation", "stop_triggered", "rested", "fill"})
    EXPECT_NE(kinds.find(kind), std::string::npos) << kind;
}

INSTANTIATE_TEST_SUITE_P(Venues, Snapshots, testing::Values("binance", "deribit", "hyperliquid"));

// Portfolio margin needs the time to expiry, which the last tick has set.
TEST(Snapshot, PortfolioOrdersGoOnBeforeTheNextTick) {
  Venue v(still_venue("deribit"));
  v.mark(kCall, 0.02);
  const AccountId a = v.open(0, 1, {.collateral = CollateralMode::portfolio}), b = v.open(0, 5);
  v.sells(a, b, 0.02, 0.5, kCall);
  auto restored = Exchange::restore(v.setup(), v->snapshot());
  ASSERT_TRUE(restored.has_value());
  Teller teller;
  EXPECT_EQ(restored.value()->apply(
                {Instant::ns(v.clock()), Venue::limit(a, Side::sell, 0.02, 0.1, kCall)}, teller),
            Reject::none);
  EXPECT_EQ(v.send(Venue::limit(a, Side::sell, 0.02, 0.1, kCall)), Reject::none);
  EXPECT_EQ(restored.value()->hash(), v->hash());
}

TEST(Snapshot, CutDamagedAndForeignAreRefused) {
  ExchangeSetup setup = still_venue();
  Venue v(setup);
  v.buys(v.open(10'000), v.open(10'000), 84'000, 0.1);
  const std::string bytes = v->snapshot();
  for (size_t n = 0; n < bytes.size(); n += 7) {
    EXPECT_FALSE(Exchange::restore(setup, std::string_view(bytes).substr(0, n)).has_value()) << n;
  }
  for (size_t n = 0; n < bytes.size(); n += 11) {
    std::string damaged = bytes;
    damaged[n] = static_cast<char>(damaged[n] ^ 0x10);
    EXPECT_FALSE(Exchange::restore(setup, damaged).has_value()) << n;
  }
  EXPECT_FALSE(Exchange::restore(setup, bytes + '\0').has_value());
  ASSERT_TRUE(Exchange::restore(setup, bytes).has_value());
  // Any figure that decides something makes it another setup.
  const auto other = [&](auto change) {
    ExchangeSetup changed = setup;
    change(changed);
    const auto restored = Exchange::restore(std::move(changed), bytes);
    ASSERT_FALSE(restored.has_value());
    EXPECT_EQ(restored.error().text(), "a snapshot: it belongs to another setup");
  };
  other([](ExchangeSetup& s) { s.venue = "bybit"; });
  other([](ExchangeSetup& s) { s.adl_policy = AdlPolicy::pro_rata; });
  other([](ExchangeSetup& s) { s.unwind = Rate::raw(1); });
  other([](ExchangeSetup& s) { s.coins[kBtc].haircut.reset(); });
  other([](ExchangeSetup& s) { s.indices[0].rule.formula = IndexFormula::weighted_median; });
  other([](ExchangeSetup& s) { s.listings[kPerp].rules.fees->taker = Rate::raw(1); });
  other([](ExchangeSetup& s) {
    s.listings[kPerp].rules.ladder->tiers[0].maintenance = Rate::raw(1);
  });
  other([](ExchangeSetup& s) { s.listings[kFuture].expiry = at(40'001); });
  other([](ExchangeSetup& s) { s.listings[kCall].option->strike = price(86'000); });
  other([](ExchangeSetup& s) { s.listings[kInverse].default_leverage = Leverage::raw(500); });
  other([](ExchangeSetup& s) { std::swap(s.listings[kCall], s.listings[kPut]); });
}

// --- The hash ---

// Deposits, leverage and modes of different accounts, orders on different instruments and a stop:
// in whatever order they come, the state is the same, and so is what becomes of it.
TEST(Hash, DoesNotDependOnTheOrderOfIndependentCommands) {
  std::vector<CommandBody> body;
  for (AccountId a = kFirstUser; a < kFirstUser + 4; ++a) {
    body.push_back(Deposit{a, kUsdt, coins(1'000 * a)});
    body.push_back(SetLeverage{a, kFuture, Leverage::raw(300 + 100 * static_cast<int64_t>(a))});
    if (a >= 4)
      body.push_back(SetMarginMode{a, kInverse, a % 2 ? MarginMode::isolated : MarginMode::cross});
  }
  body.push_back(Venue::limit(2, Side::buy, 83'990, 1));
  body.push_back(Venue::limit(3, Side::sell, 84'010, 5, kInverse));
  body.push_back(Venue::limit(2, Side::buy, 83'000, 0.2, kFuture));
  body.push_back(Venue::limit(4, Side::buy, 83'000, 0.2, kSpot));
  body.push_back(Venue::limit(5, Side::buy, 0.01, 0.2, kCall));
  body.push_back(Venue::stop(5, Side::sell, 83'000, 0.5));
  body.push_back(Deposit{kFund, kUsdt, coins(5)});
  Random random(1, {});
  std::optional<uint64_t> first, last;
  std::string said;
  for (int round = 0; round < 12; ++round) {
    Venue v(still_venue());
    v.mark(kCall, 0.01);
    for (int n = 0; n < 4; ++n) v.open(100'000, 1);
    for (const CommandBody& b : body) ASSERT_EQ(v.send(b), Reject::none) << b.index();
    const uint64_t hash = v->hash();
    EXPECT_EQ(first.value_or(hash), hash) << "round " << round;
    first = hash;
    v.sells(5, 3, 83'990, 0.3);
    v.buys(4, 5, 84'010, 3, kInverse);
    v.mark(kPerp, 82'900);
    v.index(70'000);
    v.mark(kPerp, 70'000, 3'600);
    v.go_to(40'000);
    v.tick(0);
    EXPECT_EQ(last.value_or(v->hash()), v->hash()) << "round " << round;
    last = v->hash();
    for (size_t k = body.size() - 1; k > 0; --k) std::swap(body[k], body[random.below(k + 1)]);
  }
}

// What does decide something changes it.
TEST(Hash, SeesWhatMatters) {
  const auto after = [](auto act) {
    Venue v(still_venue());
    v.open(10'000, 1);
    v.open(10'000, 1);
    act(v);
    return v->hash();
  };
  std::vector<uint64_t> seen;
  seen.push_back(after([](Venue&) {}));
  seen.push_back(after([](Venue& v) { v.give(2, kUsdt, 1); }));
  seen.push_back(after([](Venue& v) { v.give(3, kUsdt, 1); }));
  seen.push_back(after([](Venue& v) { v.send(SetLeverage{2, kPerp, Leverage::raw(500)}); }));
  seen.push_back(after([](Venue& v) { v.send(SetLeverage{2, kInverse, Leverage::raw(500)}); }));
  seen.push_back(after([](Venue& v) { v.send(SetMarginMode{2, kPerp, MarginMode::isolated}); }));
  seen.push_back(after([](Venue& v) { v.send(SetPositionMode{2, true}); }));
  seen.push_back(after([](Venue& v) {
    v.send(SetCollateralMode{2, CollateralMode::multi_asset});
  }));
  seen.push_back(after([](Venue& v) { v.send(Venue::limit(2, Side::buy, 80'000, 0.1)); }));
  seen.push_back(after([](Venue& v) { v.send(Venue::limit(3, Side::buy, 80'000, 0.1)); }));
  seen.push_back(after([](Venue& v) { v.send(Venue::limit(2, Side::buy, 80'001, 0.1)); }));
  seen.push_back(after([](Venue& v) { v.send(Venue::stop(2, Side::buy, 90'000, 0.1)); }));
  seen.push_back(after([](Venue& v) { v.send(Venue::stop(2, Side::buy, 90'001, 0.1)); }));
  seen.push_back(after([](Venue& v) { v.send(Venue::stop(2, Side::sell, 80'000, 0.1)); }));
  seen.push_back(after([](Venue& v) { v.send(PublishIndex{0, 0, price(84'001)}); }));
  seen.push_back(after([](Venue& v) { v.send(PublishMark{kPerp, price(84'001)}); }));
  seen.push_back(after([](Venue& v) { v.tick(); }));
  seen.push_back(after([](Venue& v) {  // who came first at a price
    v.send(Venue::limit(2, Side::buy, 80'000, 0.1));
    v.send(Venue::limit(3, Side::buy, 80'000, 0.1));
  }));
  seen.push_back(after([](Venue& v) {
    v.send(Venue::limit(3, Side::buy, 80'000, 0.1));
    v.send(Venue::limit(2, Side::buy, 80'000, 0.1));
  }));
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

}  // namespace
}  // namespace delever::exchange
