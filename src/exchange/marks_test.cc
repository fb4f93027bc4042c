// What the clock does, by hand: index and mark by each formula, funding, expiry.
#include "exchange/timed_exchange_testing.h"

namespace delever::exchange {
namespace {

using namespace fixture;

constexpr int64_t units(double x) { return static_cast<int64_t>(x * 1e8 + (x < 0 ? -0.5 : 0.5)); }
constexpr int64_t kRateUnit = Rate::scale;

IndexWeight weight(std::string venue, int64_t x) {
  return {std::move(venue), Rate::raw(x * kRateUnit)};
}

// The index of binance, okx and bybit at these prices; 0 is not published.
Price index_of(IndexRule rule, double binance, double okx, double bybit) {
  ExchangeSetup setup = still_venue();
  setup.indices[0].rule = std::move(rule);
  Venue v(setup, 0);
  const double prices[] = {binance, okx, bybit};
  for (uint32_t s = 0; s < 3; ++s) {
    if (prices[s] == 0) continue;
    EXPECT_EQ(v.send(PublishIndex{0, s, price(prices[s])}), Reject::none);
  }
  EXPECT_EQ(v->index(0), std::nullopt) << "it moves with the clock";
  v.tick();
  return *v->index(0);
}

TEST(Index, WeightedMean) {
  IndexRule rule{.formula = IndexFormula::volume_weighted_mean};
  EXPECT_EQ(index_of(rule, 84'000, 84'060, 83'970), price(84'010));  // no weights: equal
  rule.weights = {weight("binance", 3), weight("okx", 2), weight("bybit", 1)};
  EXPECT_EQ(index_of(rule, 84'000, 84'060, 83'940), price(84'010));  // 504,060 / 6
  EXPECT_EQ(index_of(rule, 84'000, 84'060, 0), price(84'024));       // 420,120 / 5
  EXPECT_EQ(index_of(rule, 84'000, 84'060, 84'061),
            Price::raw(840'301'666'666'666));  // 504,181 / 6, cut
}

// The median is 84,100, 0.5 % of it 420.5: 90,000 counts as 84,520.5. 252,620.5 / 3.
TEST(Index, ClippedMean) {
  const IndexRule rule{.formula = IndexFormula::clipped_mean,
                       .clip = Rate::raw(5 * kRateUnit / 1'000)};
  EXPECT_EQ(index_of(rule, 84'000, 84'100, 90'000), Price::raw(842'068'333'333'333));
  EXPECT_EQ(index_of(rule, 84'000, 84'100, 84'200), price(84'100));
}

TEST(Index, WeightedMedian) {
  const IndexRule rule{.formula = IndexFormula::weighted_median,
                       .weights = {weight("binance", 3), weight("okx", 2), weight("bybit", 2)}};
  EXPECT_EQ(index_of(rule, 84'000, 84'100, 83'900), price(84'000));  // 2, then 5 of 7
  EXPECT_EQ(index_of(rule, 90'000, 84'100, 83'900), price(84'100));  // 2, then 4 of 7
}

TEST(Index, HostilePricesAreRefused) {
  Venue v(still_venue());
  EXPECT_EQ(v.send(PublishIndex{0, 0, price(999)}), Reject::bad_price);  // no book holds it
  EXPECT_EQ(v.send(PublishIndex{0, 0, price(400'001)}), Reject::bad_price);
  EXPECT_EQ(v.send(PublishIndex{0, 3, price(84'000)}), Reject::no_such_index);
  EXPECT_EQ(v.send(PublishIndex{1, 0, price(84'000)}), Reject::no_such_index);
  EXPECT_EQ(v.send(PublishMark{kPerp, price(999)}), Reject::bad_price);
  EXPECT_EQ(v.send(PublishMark{kCall, price(-1)}), Reject::bad_price);
  EXPECT_EQ(v.send(PublishMark{kListed, price(84'000)}), Reject::no_such_instrument);
}

// --- Marks ---

ExchangeSetup marked(MarkRule rule) {
  ExchangeSetup setup = still_venue();
  setup.listings[kPerp].outside_mark = false;
  setup.listings[kPerp].rules.mark = rule;
  return setup;
}

class MarkVenue : public Venue {
 public:
  explicit MarkVenue(ExchangeSetup setup)
      : Venue(std::move(setup), 0), maker(open(100'000'000)), taker(open(100'000'000)) {
    index(84'000);
  }
  void quote(double bid, double ask) {
    EXPECT_EQ(send(CancelAll{maker, kPerp}), Reject::none);
    EXPECT_EQ(send(limit(maker, Side::buy, bid, 10)), Reject::none);
    EXPECT_EQ(send(limit(maker, Side::sell, ask, 10)), Reject::none);
  }
  void last(double at_price) {
    EXPECT_EQ(send(CancelAll{maker, kPerp}), Reject::none);
    buys(taker, maker, at_price, 0.001);
  }
  const AccountId maker, taker;
};

TEST(Mark, Oracle) {
  MarkVenue v(marked({.formula = MarkFormula::oracle}));
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(84'000));
  v.index(84'100);
  EXPECT_EQ(v->mark(kPerp), price(84'000));
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(84'100));
}

// Weight of a sample: time passed / (30 s + time passed). The first one starts the mean.
TEST(Mark, IndexPlusExponentialMeanOfTheBasis) {
  MarkVenue v(marked({.formula = MarkFormula::index_ema, .basis_window = Duration::seconds(30)}));
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(84'000));  // an empty book says nothing
  v.quote(84'090, 84'110);
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(84'100));
  v.quote(84'400, 84'420);
  v.tick();  // 100 + (410 - 100) * 1 / 31 = 110
  EXPECT_EQ(v->mark(kPerp), price(84'110));
  v.quote(84'100, 84'120);
  v.index(83'900);
  v.tick(10);  // 110 + (210 - 110) * 10 / 40 = 135
  EXPECT_EQ(v->mark(kPerp), price(84'035));
}

TEST(Mark, MedianOfIndexBasisAndLast) {
  MarkVenue v(marked({.formula = MarkFormula::median_basis_last,
                      .basis_window = Duration::seconds(30),
                      .sample_every = Duration::seconds(1)}));
  v.tick();
  v.last(84'050);
  v.quote(84'090, 84'110);
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(84'050));  // of 84,000, 84,100 and 84,050
  v.last(84'300);
  v.quote(84'190, 84'210);
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(84'150));  // basis (100 + 200) / 2
  v.quote(84'190, 84'210);
  v.tick(31);
  EXPECT_EQ(v->mark(kPerp), price(84'200));  // the first two have left the window
  v.index(84'400);
  v.quote(84'190, 84'210);
  v.tick(31);
  EXPECT_EQ(v->mark(kPerp), price(84'300));  // of 84,400, 84,200 and 84,300
}

// The first leg carries the funding rate to the next payment: 84,000 * (1 + 0.0001 * 4 h / 8 h) =
// 84,004.2.
TEST(Mark, TheIndexLegCarriesFunding) {
  ExchangeSetup setup =
      marked({.formula = MarkFormula::median_basis_last, .basis_window = Duration::seconds(30)});
  setup.listings[kPerp].rules.funding = small_venue().listings[kPerp].rules.funding;
  MarkVenue v(setup);
  v.tick();
  v.last(84'100);
  v.go_to(4 * 3'600);
  v.tick(0);
  EXPECT_EQ(v->mark(kPerp), price(84'004.2));
}

TEST(Mark, MedianOfOracleBookAndOthers) {
  MarkVenue v(marked({.formula = MarkFormula::median_oracle,
                      .basis_window = Duration::seconds(150),
                      .sample_every = Duration::seconds(3)}));
  v.tick();
  EXPECT_EQ(v->mark(kPerp), price(84'000));
  v.last(84'120);
  v.quote(84'090, 84'110);
  v.tick(3);  // of 84,100, median(bid, ask, last) = 84,110, and for want of others its mean 84,000
              // + 110 * 3 / 33
  EXPECT_EQ(v->mark(kPerp), price(84'100));
  EXPECT_EQ(v.send(PublishMark{kPerp, price(84'120)}), Reject::none);
  v.tick(2);
  EXPECT_EQ(v->mark(kPerp), price(84'110));  // of 84,100, 84,110 and the others' 84,120
  EXPECT_EQ(v.send(PublishMark{kPerp, price(84'050)}), Reject::none);
  v.quote(84'390, 84'410);
  v.tick(1);  // 3 s after the last sample: 100 + (400 - 100) * 3 / 153 = 105.88235294117...
  EXPECT_EQ(v->mark(kPerp), Price::raw(841'058'823'529'411));
}

// --- Funding ---

ExchangeSetup funded(InstrumentId i, FundingRule rule) {
  ExchangeSetup setup = still_venue();
  setup.listings[i].rules.funding = rule;
  return setup;
}

const FundingRule kClamped{.formula = FundingFormula::premium_clamp,
                           .interval = Duration::hours(8),
                           .rate_period = Duration::hours(8),
                           .interest = Rate::raw(kRateUnit / 10'000),
                           .clamp = Rate::raw(5 * kRateUnit / 10'000),
                           .impact_notional = coins(30'000),
                           .sample_every = Duration::seconds(5)};

const FundingRule kContinuous{.formula = FundingFormula::dead_band,
                              .interval = Duration(),
                              .rate_period = Duration::hours(8),
                              .clamp = Rate::raw(25 * kRateUnit / 100'000),
                              .sample_every = Duration::seconds(1)};

// Premium samples: 0 (the book is empty), 168 / 84,000 = 0.002, 0.004; mean 0.002. Rate 0.002 +
// clamp(0.0001 - 0.002, 0.0005) = 0.0015. At 84,000: 1.5 pay 189; 0.5 receive 63 and 1 receives
// 126.
TEST(Funding, RateFromSamplesAndPayments) {
  Venue v(funded(kPerp, kClamped));
  const AccountId a = v.open(100'000), b = v.open(100'000), c = v.open(100'000),
                  d = v.open(10'000'000);
  v.buys(a, b, 84'000, 0.5);
  v.buys(a, c, 84'000, 1);
  const int64_t at_a = v.wallet(a), at_b = v.wallet(b), at_c = v.wallet(c), fees = v.fees();
  v.stands(Venue::limit(d, Side::buy, 84'168, 10));
  v.tick(2);  // 3 s: too early for a sample
  v.tick(3);  // 6 s
  v.stands(Venue::limit(d, Side::buy, 84'336, 10));
  v.go_to(8 * 3'600 - 1);
  EXPECT_EQ(v.wallet(a), at_a);
  v.tick(1);
  const std::vector<FundingRate> told = v.events<FundingRate>(kPerp);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].rate, Rate::raw(15 * kRateUnit / 10'000));
  EXPECT_EQ(told[0].kind, FundingKind::settled);
  EXPECT_EQ(told[0].settles_at, at(8 * 3'600));
  EXPECT_EQ(v.wallet(a) - at_a, units(-189));
  EXPECT_EQ(v.wallet(b) - at_b, units(63));
  EXPECT_EQ(v.wallet(c) - at_c, units(126));
  EXPECT_EQ(v.fees(), fees);
  EXPECT_EQ(v.notices<FundingPaid>().size(), 3u);
  v.tick(1);
  EXPECT_TRUE(v.events<FundingRate>(kPerp).empty()) << "once an interval";
}

// Rate 0.000100000000001 on 252.003: 2,520,030.00002 units, up; on 84.001 and 168.002: 840,010 and
// 1,680,020, down. The unit between goes to the venue.
TEST(Funding, RoundingGoesToFees) {
  FundingRule rule = kClamped;
  rule.interest = Rate::raw(kRateUnit / 10'000 + 1);
  Venue v(funded(kPerp, rule));
  const AccountId a = v.open(100'000), b = v.open(100'000), c = v.open(100'000);
  v.buys(a, b, 84'000, 0.001);
  v.buys(a, c, 84'000, 0.002);
  const int64_t at_a = v.wallet(a), at_b = v.wallet(b), at_c = v.wallet(c), fees = v.fees();
  EXPECT_EQ(v.send(PublishMark{kPerp, price(84'001)}), Reject::none);
  v.go_to(8 * 3'600);
  v.tick(0);
  EXPECT_EQ(v.wallet(a) - at_a, -2'520'031);
  EXPECT_EQ(v.wallet(b) - at_b, 840'010);
  EXPECT_EQ(v.wallet(c) - at_c, 1'680'020);
  EXPECT_EQ(v.fees() - fees, 1);
}

// Asks at 83,832: premium - 0.002, rate - 0.002 + 0.0005 = - 0.0015: the short pays, from its
// isolated margin. Hyperliquid counts at the oracle's 84,000, not at the mark.
TEST(Funding, ShortsPayFromIsolatedMarginOnTheOracle) {
  FundingRule rule = kClamped;
  rule.pays_on_oracle = true;
  Venue v(funded(kPerp, rule));
  const AccountId a = v.open(100'000), b = v.open(100'000), d = v.open(10'000'000);
  EXPECT_EQ(v.send(SetMarginMode{b, kPerp, MarginMode::isolated}), Reject::none);
  v.buys(a, b, 84'000, 1);
  const int64_t at_a = v.wallet(a), at_b = v.wallet(b);
  v.stands(Venue::limit(d, Side::sell, 83'832, 10));
  EXPECT_EQ(v.send(PublishMark{kPerp, price(85'000)}), Reject::none);
  v.go_to(8 * 3'600);
  v.tick(0);  // samples 0 and - 0.002: mean - 0.001, rate - 0.001 + 0.0005 = - 0.0005
  ASSERT_EQ(v.events<FundingRate>(kPerp).size(), 1u);
  EXPECT_EQ(v.events<FundingRate>(kPerp)[0].rate, Rate::raw(-5 * kRateUnit / 10'000));
  EXPECT_EQ(v.wallet(a) - at_a, units(42));
  EXPECT_EQ(v.wallet(b), at_b);
  EXPECT_EQ(v.held(b).margin.raw(), units(8'400 - 42));
}

TEST(Funding, CapHolds) {
  FundingRule rule = kClamped;
  rule.cap = Rate::raw(3 * kRateUnit / 10'000);
  Venue v(funded(kPerp, rule));
  const AccountId a = v.open(100'000), b = v.open(100'000), d = v.open(10'000'000);
  v.buys(a, b, 84'000, 1);
  const int64_t before = v.wallet(a);
  v.stands(Venue::limit(d, Side::buy, 85'000, 10));
  v.go_to(8 * 3'600);
  v.tick(0);
  EXPECT_EQ(v.wallet(a) - before, units(-25.2));
}

// The impact notional is quote money: 30,000 are 300 contracts of 100. 84 long contracts are 0.1
// BTC; the mean of 0 and 0.002 makes the rate 0.0005: 0.00005 BTC.
TEST(Funding, InversePaysInCoin) {
  Venue v(funded(kInverse, kClamped));
  const AccountId a = v.open(0, 1), b = v.open(0, 1), d = v.open(0, 10);
  v.buys(a, b, 84'000, 84, kInverse);
  const int64_t at_a = v.wallet(a, kBtc), at_b = v.wallet(b, kBtc);
  v.stands(Venue::limit(d, Side::buy, 84'168, 300, kInverse));
  v.go_to(8 * 3'600);
  v.tick(0);
  EXPECT_EQ(v.wallet(a, kBtc) - at_a, -5'000);
  EXPECT_EQ(v.wallet(b, kBtc) - at_b, 5'000);
}

// Deribit: premium 84 / 84,000 = 0.001 outside a dead band of 0.00025 leaves 0.00075 per 8 h,
// 0.0000015625 a minute, of 84,084: 0.13138125. Inside the band nothing is paid.
TEST(Funding, ContinuousByTheMinute) {
  Venue v(funded(kPerp, kContinuous));
  const AccountId a = v.open(100'000), b = v.open(100'000);
  v.buys(a, b, 84'000, 1);
  v.go_to(60);
  v.mark(kPerp, 84'084, 0);  // whatever was sampled before belongs to the minute that ends here
  const int64_t at_a = v.wallet(a), at_b = v.wallet(b);
  for (int second = 0; second < 59; ++second) v.tick();
  EXPECT_EQ(v.wallet(a), at_a);
  v.tick();
  EXPECT_EQ(v.wallet(a) - at_a, -13'138'125);
  EXPECT_EQ(v.wallet(b) - at_b, 13'138'125);
  EXPECT_EQ(v.send(PublishMark{kPerp, price(84'020)}), Reject::none);  // 0.000238
  for (int second = 0; second < 60; ++second) v.tick();
  EXPECT_EQ(v.wallet(a) - at_a, -13'138'125);
}

// No tick came for a day: three intervals end, each pays at the estimate that stood, and the next
// is in its place.
TEST(Funding, EachIntervalThatNoTickSawPays) {
  Venue v(funded(kPerp, kClamped));
  const AccountId a = v.open(100'000), b = v.open(100'000);
  v.buys(a, b, 84'000, 1);
  const int64_t at_a = v.wallet(a), at_b = v.wallet(b);
  v.go_to(24 * 3'600 + 7);
  v.tick(0);  // nothing stands in the book: premium 0, rate 0.0001
  const std::vector<FundingRate> told = v.events<FundingRate>(kPerp);
  ASSERT_EQ(told.size(), 3u);
  for (int k = 0; k < 3; ++k) {
    EXPECT_EQ(told[static_cast<size_t>(k)].settles_at, at((k + 1) * 8 * 3'600));
    EXPECT_EQ(told[static_cast<size_t>(k)].rate, Rate::raw(kRateUnit / 10'000));
  }
  EXPECT_EQ(v.wallet(a) - at_a, units(3 * -8.4));
  EXPECT_EQ(v.wallet(b) - at_b, units(3 * 8.4));
  v.go_to(32 * 3'600);
  v.tick(0);
  EXPECT_EQ(v.events<FundingRate>(kPerp).size(), 1u);
}

// Continuous funding is linear in time: ten minutes without a tick pay ten times one minute, in one
// booking.
TEST(Funding, ContinuousOverAGap) {
  Venue v(funded(kPerp, kContinuous));
  const AccountId a = v.open(100'000), b = v.open(100'000);
  v.buys(a, b, 84'000, 1);
  v.go_to(60);
  v.mark(kPerp, 84'084, 0);
  const int64_t at_a = v.wallet(a);
  v.go_to(660);
  v.tick(0);
  EXPECT_NEAR(static_cast<double>(v.wallet(a) - at_a), -131'381'250,
              10);  // the minute's rate is rounded once
  ASSERT_EQ(v.events<FundingRate>(kPerp).size(), 1u);
  EXPECT_EQ(v.events<FundingRate>(kPerp)[0].interval, Duration::minutes(10));
}

// --- Expiry ---

// The index stands at 84,600, 85,200 and 85,800 when it is looked at in the last 30 minutes:
// 85,200.
class Expiring : public testing::Test {
 protected:
  Expiring() : v(still_venue("deribit")), a(v.open(100'000, 10)), b(v.open(100'000, 10)) {}
  void end(double first = 84'600, double second = 85'200, double third = 85'800) {
    v.go_to(38'199);
    v.index(80'000);
    v.tick(0);
    v.index(first);
    v.tick(1);
    v.go_to(39'000);
    v.index(second);
    v.tick(0);
    v.go_to(40'000);
    v.index(third);
    v.tick(0);
  }
  Venue v;
  AccountId a, b;
};

TEST_F(Expiring, DatedFuture) {
  v.buys(a, b, 84'000, 1, kFuture);
  const int64_t at_a = v.wallet(a), at_b = v.wallet(b);
  const OrderId resting = v.stands(Venue::limit(a, Side::buy, 70'000, 1, kFuture));
  const OrderId stop = v.stands(Venue::stop(b, Side::buy, 95'000, 1, TriggerBy::mark, kFuture));
  EXPECT_EQ(v->open_interest(kFuture), qty(1));
  end();
  EXPECT_EQ(v.wallet(a) - at_a, units(1'200));
  EXPECT_EQ(v.wallet(b) - at_b, units(-1'200));
  EXPECT_EQ(v->open_interest(kFuture), Qty());
  EXPECT_TRUE(v->positions(a).empty());
  ASSERT_EQ(v.notices<PositionSettled>().size(), 2u);
  EXPECT_EQ(v.notices<PositionSettled>()[0].price, price(85'200));
  ASSERT_EQ(v.notices<OrderFinished>().size(), 2u);
  EXPECT_EQ(v.notices<OrderFinished>()[0].order, resting);
  EXPECT_EQ(v.notices<OrderFinished>()[1].order, stop);
  ASSERT_EQ(v.events<InstrumentListed>(kFuture).size(), 1u);
  EXPECT_EQ(v.events<InstrumentListed>(kFuture)[0].status, "settled at 85200");
  // Afterwards nothing is accepted.
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 1, kFuture)), Reject::expired);
  EXPECT_EQ(v.send(Venue::stop(a, Side::buy, 95'000, 1, TriggerBy::mark, kFuture)),
            Reject::expired);
  EXPECT_EQ(v.send(CancelOrder{a, kFuture, resting}), Reject::no_such_order);
  EXPECT_EQ(v.send(CancelOrder{b, kFuture, stop}), Reject::no_such_order);
  EXPECT_EQ(v.send(PublishMark{kFuture, price(84'000)}), Reject::expired);
  EXPECT_EQ(v.send(SetLeverage{a, kFuture, Leverage::raw(200)}), Reject::expired);
  EXPECT_EQ(v.send(SetMarginMode{a, kFuture, MarginMode::isolated}), Reject::expired);
  v.tick();
  EXPECT_TRUE(v.notices<PositionSettled>().empty());
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 84'000, 1)), Reject::none) << "the perpetual goes on";
}

// (85,200 - 85,000) / 85,200 = 0.0023474178 BTC each (cut at 1e-10): 2 are 469,483.56 units, of
// which the long gets 469,483 and the short pays 469,484. The put at 80,000 is worth nothing.
TEST_F(Expiring, CallAndPutInCoin) {
  v.mark(kCall, 0.05);
  v.mark(kPut, 0.02);
  v.buys(a, b, 0.05, 2, kCall);
  v.buys(a, b, 0.02, 1, kPut);
  const int64_t at_a = v.wallet(a, kBtc), at_b = v.wallet(b, kBtc), fees = v.fees(kBtc);
  end();
  EXPECT_EQ(v.wallet(a, kBtc) - at_a, 469'483 - 10'000'000 - 2'000'000);
  EXPECT_EQ(v.wallet(b, kBtc) - at_b, 10'000'000 - 469'484 + 2'000'000);
  EXPECT_EQ(v.fees(kBtc) - fees, 1);
  EXPECT_EQ(v.send(Venue::limit(a, Side::buy, 0.05, 1, kCall)), Reject::expired);
}

// (80,000 - 75,000) / 75,000 = 0.0666666666.
TEST_F(Expiring, PutInTheMoney) {
  v.mark(kPut, 0.02);
  v.buys(a, b, 0.02, 1, kPut);
  const int64_t at_a = v.wallet(a, kBtc);
  end(75'000, 75'000, 75'000);
  EXPECT_EQ(v.wallet(a, kBtc) - at_a, 6'666'666 - 2'000'000);
}

// A tick that comes late settles at what the window saw, not at what the index has become since.
TEST_F(Expiring, LateTick) {
  v.buys(a, b, 84'000, 1, kFuture);
  v.go_to(39'000);
  v.index(85'000);
  v.tick(0);
  v.go_to(40'100);
  v.index(90'000);
  v.tick(0);
  ASSERT_EQ(v.notices<PositionSettled>().size(), 2u);
  EXPECT_EQ(v.notices<PositionSettled>()[0].price, price(85'000));
}

// Two expiries ten minutes apart: each is the mean of its own window, also where these overlap.
// Seen from 37,600 on: 85,000 and 86,000; from 38,200 on: these and 87,000.
TEST(Expiries, OverlappingWindows) {
  ExchangeSetup setup = still_venue("deribit");
  setup.listings[kCall].expiry = at(39'400);
  Venue v(setup);
  const AccountId a = v.open(100'000, 10), b = v.open(100'000, 10);
  v.buys(a, b, 84'000, 1, kFuture);
  v.mark(kCall, 0.01);
  v.buys(a, b, 0.01, 1, kCall);
  const std::pair<int64_t, double> seen[] = {{38'300, 85'000}, {39'400, 86'000}, {40'000, 87'000}};
  std::vector<PositionSettled> settled;
  for (const auto& [second, level] : seen) {
    v.go_to(second);
    v.index(level);
    v.tick(0);
    for (const auto& n : v.notices<PositionSettled>()) settled.push_back(n);
  }
  ASSERT_EQ(settled.size(), 4u);
  EXPECT_EQ(settled[0].price.raw(),
            Wide{500} * Price::scale / 85'500);  // a call at 85,000, in coin
  EXPECT_EQ(settled[2].instrument, InstrumentId{kFuture});
  EXPECT_EQ(settled[2].price, price(86'000));
}

}  // namespace
}  // namespace delever::exchange
