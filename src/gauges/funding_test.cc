// Goal: funding is annualised as M0 says, over the settlements that were known, with each venue's
// own interval.
#include "gauges/funding.h"

#include <cmath>

#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

struct Market : Scene {
  InstrumentId binance = instrument("binance", "BTC-USDT-PERP");
  InstrumentId hyperliquid = instrument("hyperliquid", "BTC-USDC-PERP");

  void settled(InstrumentId id, Instant at, double rate, std::optional<Duration> interval = {}) {
    put(id, "prints", at,
        FundingRate{Rate::nearest(rate).value(), FundingKind::settled, interval, at, {}});
  }
  void announced(InstrumentId id, Instant at, double rate, Instant settles) {
    put(id, "marks", at,
        FundingRate{Rate::nearest(rate).value(), FundingKind::current, {}, settles, {}});
  }
  void interest(InstrumentId id, double coins) {
    OpenInterest oi;
    oi.contracts = Qty::nearest(coins).value();
    put(id, "oi", kAt - Duration::minutes(5), oi);
    put(id, "marks", kAt - Duration::minutes(5), MarkPrice{Price::nearest(80000).value()});
  }
};

TEST(Funding, annual) {
  EXPECT_NEAR(annual_simple(0.00039452, Duration::hours(8)), 0.432,
              1e-6);  // M0: 43.2 % is 0.039452 % per 8 h
  EXPECT_NEAR(annual_simple(0.0001, Duration::hours(8)), 0.1095, 1e-15);
  EXPECT_NEAR(annual_simple(0.0000125, kHour), 0.1095, 1e-15);
  EXPECT_NEAR(annual_compounded(0.0001, Duration::hours(8)), std::pow(1.0001, 1095) - 1, 1e-12);
  EXPECT_EQ(annual_compounded(-1.5, kHour), -1);
}

TEST(Funding, day_mean_over_known_settlements) {
  Market m;
  // The prints of Binance, 29 January 2026; the last came 8 ms after the time asked for.
  for (const auto& [at, rate] : {std::pair{"2026-01-28T16:00:00.000Z", 0.00003830},
                                 {"2026-01-29T00:00:00.000Z", 0.00007210},
                                 {"2026-01-29T08:00:00.009Z", 0.00005856},
                                 {"2026-01-29T16:00:00.000Z", 0.00004023},
                                 {"2026-01-30T00:00:00.008Z", 0.00004478}})
    m.settled(m.binance, time_of(at), rate);
  const Reading r = pick(m.readings(kAt), "funding_annual", "binance");
  EXPECT_NEAR(*r.value, (0.00007210 + 0.00005856 + 0.00004023) * 365, 1e-12);
  EXPECT_NEAR(*r.value, 0.0624, 5e-5);
  EXPECT_EQ(r.as_of, time_of("2026-01-29T16:00:00Z"));
  EXPECT_EQ(r.window, Duration::days(1));
  EXPECT_EQ(r.state, State::single_source);
  const Reading later = pick(m.readings(kAt + Duration::seconds(1)), "funding_annual", "binance");
  EXPECT_NEAR(*later.value, (0.00005856 + 0.00004023 + 0.00004478) * 365, 1e-12);
  const Reading rate = pick(m.readings(kAt), "funding_rate", "binance");
  EXPECT_DOUBLE_EQ(*rate.value, 0.00004023);
  EXPECT_EQ(rate.window, Duration::hours(8));
  EXPECT_NEAR(*pick(m.readings(kAt), "funding_distance_from_neutral", "binance").value,
              *r.value - 0.1095, 1e-12);
}

TEST(Funding, a_missing_settlement_or_an_old_one_is_no_mean) {
  Market m;
  m.settled(m.binance, kAt - Duration::hours(16), 0.0001);
  m.settled(m.binance, kAt, 0.0001);
  const Reading holed = pick(m.readings(kAt), "funding_annual", "binance");
  EXPECT_EQ(holed.state, State::pending);
  EXPECT_NE(holed.reason.find("2 settlements cover 16.0 of the 24 h"), std::string::npos)
      << holed.reason;
  m.settled(m.binance, kAt - Duration::hours(8), 0.0001);
  EXPECT_NEAR(*pick(m.readings(kAt), "funding_annual", "binance").value, 0.1095, 1e-12);
  const Reading stale = pick(m.readings(kAt + Duration::hours(11)), "funding_annual", "binance");
  EXPECT_EQ(stale.state, State::pending);
  EXPECT_NE(stale.reason.find("11h 0m before"), std::string::npos) << stale.reason;
}

// Three settlements a day of type A, and three of type B between them, in any order of answers.
TEST(Funding, rates_of_several_types_do_not_add_up) {
  for (const bool other_first : {false, true}) {
    Market m;
    const auto typed = [&](int hours, const char* type, double rate) {
      const Instant at = kAt - kHour * hours;
      PublishedFigure figure;
      figure.metric = "funding_rate_type";
      figure.unit = type;
      m.put(m.binance, "answer", at, figure);
      m.settled(m.binance, at, rate, Duration::hours(8));
    };
    const auto usual = [&] {
      for (const int hours : {32, 24, 16, 8, 0}) typed(hours, "A", 0.0001);
    };
    if (!other_first) {
      usual();
      EXPECT_NEAR(*pick(m.readings(kAt), "funding_annual", "binance").value, 0.1095, 1e-12);
    }
    for (const int hours : {12, 4}) typed(hours, "B", 0.0003);
    if (other_first) usual();
    for (const char* gauge : {"funding_annual", "funding_rate", "funding_annual_compounded"}) {
      const Reading r = pick(m.readings(kAt), gauge, "binance");
      EXPECT_EQ(r.state, State::pending) << gauge;
      EXPECT_FALSE(r.value) << gauge;
      EXPECT_NE(r.reason.find("several types"), std::string::npos) << r.reason;
    }
  }
}

// Days after it was announced the settlement is reported, a little different: one rate was paid.
TEST(Funding, a_report_takes_the_place_of_an_announcement) {
  Market m;
  for (int hours = 24; hours >= 0; hours -= 8) {
    const Instant settles = kAt - kHour * hours;
    m.announced(m.binance, settles - Duration::seconds(3), 0.0002, settles);
  }
  for (int hours = 24; hours >= 0; hours -= 8) {
    const Instant settled = kAt - kHour * hours, reported = kAt + Duration::days(3);
    m.put(m.binance, "prints", reported,
          FundingRate{Rate::nearest(0.0001).value(), FundingKind::settled, {}, settled, {}});
  }
  m.settled(m.binance, kAt + kHour * 72, 0.0001);
  const auto points = [&] {
    std::vector<double> rates;
    for (const FundingPoint& p :
         m.gauges(kAt + Duration::days(3))->history(kAt + Duration::days(3)).funding)
      rates.push_back(p.rate);
    return rates;
  };
  EXPECT_EQ(points().size(), 5u) << "none of them is in doubt";
  for (const double rate : points()) EXPECT_NEAR(rate, 0.0001, 1e-12);
}

TEST(Funding, two_rates_of_one_settlement_are_no_rate) {
  for (const bool higher_first : {false, true}) {
    Market m;
    for (const int hours : {24, 16, 8, 0}) m.settled(m.binance, kAt - kHour * hours, 0.0001);
    // The same to the last digits that a writer keeps: one rate.
    m.settled(m.binance, kAt - kHour * 8, 0.00010000004);
    EXPECT_NEAR(*pick(m.readings(kAt), "funding_annual", "binance").value, 0.1095, 1e-6);
    for (const double rate : {higher_first ? 0.0009 : 0.0002, higher_first ? 0.0002 : 0.0009})
      m.settled(m.binance, kAt - kHour * 16, rate);
    const Reading r = pick(m.readings(kAt), "funding_annual", "binance");
    EXPECT_EQ(r.state, State::pending);
    EXPECT_NE(r.reason.find("two rates are told as paid at 2026-01-29T08:00:00Z"),
              std::string::npos)
        << r.reason;
  }
}

TEST(Funding, hourly_venue_and_stated_interval) {
  Market m;
  for (int h = 0; h < 30; ++h) m.settled(m.hyperliquid, kAt - kHour * h, 0.0000125);
  EXPECT_NEAR(*pick(m.readings(kAt), "funding_annual", "hyperliquid").value, 0.1095, 1e-12);
  Market four;  // the message's interval goes before the venue's usual one
  for (int h = 0; h < 32; h += 4)
    four.settled(four.binance, kAt - kHour * h, 0.0001, Duration::hours(4));
  EXPECT_NEAR(*pick(four.readings(kAt), "funding_annual", "binance").value, 0.219, 1e-12);
  EXPECT_EQ(pick(four.readings(kAt), "funding_rate", "binance").window, Duration::hours(4));
}

// Each period counts as long as it was, wherever on the tape the venue says how long it is now.
TEST(Funding, an_interval_that_changed_holds_from_its_change_on) {
  // Hours before the last settlement, and the rate; sum of the last 24 h is 0.0003 + 4 * 0.0002.
  const std::vector<std::pair<int, double>> to_four{{40, .0001}, {32, .0001}, {24, .0001},
                                                    {16, .0003}, {12, .0002}, {8, .0002},
                                                    {4, .0002},  {0, .0002}};
  const std::vector<std::pair<int, double>> to_eight{{36, .0002}, {32, .0002}, {28, .0002},
                                                     {24, .0002}, {20, .0002}, {16, .0002},
                                                     {8, .0003},  {0, .0003}};
  const auto annual = [&](const auto& paid, const std::vector<std::pair<Instant, int>>& listed) {
    Market m;
    const InstrumentId id = m.instrument("binance", "SOL-USDT-PERP");
    for (const auto& [hours, rate] : paid) m.settled(id, kAt - kHour * hours, rate);
    Gauges gauges("SOL", shipped_rules(), m.instruments, m.sources);
    const auto list = [&](Instant at, int hours) {
      Instrument known = m.instruments[id];
      known.funding_interval = Duration::hours(hours);
      m.instruments.add(known);
      gauges.on_event({id, m.source("listing"), at, at, InstrumentListed{}});
    };
    size_t said = 0;
    for (const Event& e : m.ordered()) {
      for (; said < listed.size() && listed[said].first < e.received; ++said)
        list(listed[said].first, listed[said].second);
      gauges.on_event(e);
    }
    for (; said < listed.size(); ++said) list(listed[said].first, listed[said].second);
    return pick(gauges.readings(kAt + kHour), "funding_annual", "binance");
  };
  const Instant early = kAt - kHour * 48, late = kAt + Duration::minutes(5);
  for (const auto& listed : std::vector<std::vector<std::pair<Instant, int>>>{
           {{early, 8}, {kAt - kHour * 15, 4}}, {{early, 8}, {late, 4}}, {{late, 4}}}) {
    const Reading r = annual(to_four, listed);
    ASSERT_TRUE(r.value) << r.reason;
    EXPECT_NEAR(*r.value, 0.0011 * 365, 1e-12) << r.reason;
    EXPECT_EQ(r.coverage, 1);
  }
  for (const auto& listed : std::vector<std::vector<std::pair<Instant, int>>>{
           {{early, 4}, {kAt - kHour * 15, 8}}, {{early, 4}, {late, 8}}, {{late, 8}}}) {
    const Reading r = annual(to_eight, listed);
    ASSERT_TRUE(r.value) << r.reason;
    EXPECT_NEAR(*r.value, 0.0010 * 365, 1e-12) << r.reason;
  }
  // Every 8 h of a contract that is listed with 4 h, and nothing shows that it ever was another:
  // half of what was paid is missing.
  const Reading holed = annual(
      std::vector<std::pair<int, double>>{
          {32, .0001}, {24, .0001}, {16, .0001}, {8, .0001}, {0, .0001}},
      {{late, 4}});
  EXPECT_EQ(holed.state, State::pending);
}

TEST(Funding, last_announcement_stands_for_a_settlement) {
  Market m;
  for (int period = 4; period >= 0; --period) {
    const Instant settles = kAt - Duration::hours(8) * period;
    m.announced(m.binance, settles - kHour * 4, 0.0009, settles);
    m.announced(m.binance, settles - Duration::seconds(3), 0.0001, settles);
  }
  const Instant after = kAt + Duration::minutes(1);
  const Reading r = pick(m.readings(after), "funding_annual", "binance");
  EXPECT_NEAR(*r.value, 0.1095, 1e-12);
  EXPECT_NE(r.reason.find("3 of them as last announced"), std::string::npos) << r.reason;
  m.announced(m.binance, after, 0.0005, kAt + Duration::hours(8));
  EXPECT_DOUBLE_EQ(*pick(m.readings(after), "funding_rate", "binance").value, 0.0005);
  m.settled(m.binance, kAt, 0.0004);  // the print corrects the announcement
  EXPECT_NEAR(*pick(m.readings(after), "funding_annual", "binance").value, 0.0006 * 365, 1e-12);
}

TEST(Funding, accruing_without_settlements) {
  Market m;
  const auto deribit = m.instrument("deribit", "BTC-USD-PERP@BTC", 1);
  for (int i = 0; i < 24 * 4; ++i) {
    const Instant at = kAt - Duration::minutes(15 * i);
    m.put(deribit, "ticker", at,
          FundingRate{Rate::nearest(i % 2 == 0 ? 0.0002 : 0.0).value(),
                      FundingKind::current,
                      Duration::hours(8),
                      {},
                      {}});
  }
  const Reading r = pick(m.readings(kAt), "funding_annual", "deribit");
  EXPECT_NEAR(*r.value, 0.1095, 0.006);  // the hour that just began holds one sample
}

TEST(Funding, weighted_by_open_interest_and_its_cost) {
  Market m;
  for (int p = 0; p < 4; ++p) m.settled(m.binance, kAt - Duration::hours(8 * p), 0.0003);
  for (int h = 0; h < 30; ++h) m.settled(m.hyperliquid, kAt - kHour * h, 0.0000125);
  EXPECT_EQ(pick(m.readings(kAt), "funding_annual_oi_weighted").state, State::pending);
  m.interest(m.binance, 30000);
  m.interest(m.hyperliquid, 10000);
  const auto readings = m.readings(kAt);
  const Reading r = pick(readings, "funding_annual_oi_weighted");
  EXPECT_NEAR(*r.value, (3 * 0.3285 + 0.1095) / 4, 1e-12);
  EXPECT_NEAR(*r.coverage, 0.4, 1e-12);
  EXPECT_NE(r.reason.find("without bybit, okx, deribit"), std::string::npos) << r.reason;
  EXPECT_NEAR(*pick(readings, "funding_carry_usd_24h", "binance").value, 0.0009 * 30000 * 80000,
              1e-3);
  EXPECT_NEAR(*pick(readings, "funding_carry_usd_24h").value,
              0.0009 * 30000 * 80000 + 0.0003 * 10000 * 80000, 1e-3);
}

TEST(Funding, a_cost_without_the_dollars_of_a_venue_is_not_whole) {
  Market m;
  for (int p = 0; p < 4; ++p) m.settled(m.binance, kAt - Duration::hours(8 * p), 0.0003);
  for (int h = 0; h < 30; ++h) m.settled(m.hyperliquid, kAt - kHour * h, 0.0000125);
  // Coins of both, dollars of one, and no price that would turn coins into dollars.
  OpenInterest coins{.contracts = {}, .coins = 10000, .value_usd = {}};
  m.put(m.hyperliquid, "oi", kAt - Duration::minutes(5), coins);
  OpenInterest both{.contracts = {}, .coins = 30000, .value_usd = 2.4e9};
  m.put(m.binance, "oi", kAt - Duration::minutes(5), both);
  const auto readings = m.readings(kAt);
  EXPECT_NEAR(*pick(readings, "funding_annual_oi_weighted").value, (3 * 0.3285 + 0.1095) / 4,
              1e-12);
  const Reading cost = pick(readings, "funding_carry_usd_24h");
  EXPECT_NEAR(*cost.value, 0.0009 * 2.4e9, 1e-3);
  EXPECT_NEAR(*cost.coverage, 0.2, 1e-12);
  EXPECT_NE(cost.reason.find("for want of dollars: hyperliquid"), std::string::npos) << cost.reason;
}

TEST(Funding, a_daily_mean_speaks_where_prints_are_absent) {
  Market m;
  const Rate rate = Rate::nearest(0.0000569633).value();
  m.put(m.binance, "means", kAt, FundingRate{rate, FundingKind::mean, {}, kAt, Duration::days(1)});
  const Reading r = pick(m.readings(kAt + Duration::hours(9)), "funding_annual", "binance");
  EXPECT_NEAR(*r.value, 0.0000569633 * 1095, 1e-12);
  EXPECT_NE(r.reason.find("a published daily mean"), std::string::npos) << r.reason;
  EXPECT_EQ(pick(m.readings(kAt + Duration::hours(27)), "funding_annual", "binance").state,
            State::pending);
}

// Deribit states what the last eight hours came to: three of them are a day, and one is not.
TEST(Funding, means_of_eight_hours_make_a_day_together_and_none_alone) {
  Market m;
  const InstrumentId deribit = m.instrument("deribit", "BTC-USD-PERP@BTC", 1);
  const Duration eight = Duration::hours(8);
  const auto mean = [&](Instant at, double rate) {
    m.put(deribit, "tickers", at,
          FundingRate{Rate::nearest(rate).value(), FundingKind::mean, eight, at, eight});
  };
  mean(kAt, 0.0003);
  const Reading alone = pick(m.readings(kAt), "funding_annual", "deribit");
  EXPECT_EQ(alone.state, State::pending);
  EXPECT_NE(alone.reason.find("a mean of 8h alone"), std::string::npos) << alone.reason;
  mean(kAt - Duration::minutes(30), 0.0008);
  mean(kAt - eight - Duration::minutes(3), 0.0002);
  mean(kAt - eight * 2, 0.0001);
  // Once an hour somebody asked what accrued in that moment: nothing, as most of the time.
  for (int h = 0; h < 30; ++h)
    m.put(deribit, "tickers", kAt - kHour * h,
          FundingRate{Rate(), FundingKind::current, eight, {}, {}});
  const Reading day = pick(m.readings(kAt), "funding_annual", "deribit");
  EXPECT_NEAR(*day.value, 0.0002 * 1095, 1e-12);
  EXPECT_NE(day.reason.find("3 means of 8h"), std::string::npos) << day.reason;
  // A mean of a week is none of a day either.
  m.put(
      m.binance, "means", kAt,
      FundingRate{Rate::nearest(0.0001).value(), FundingKind::mean, eight, kAt, Duration::days(7)});
  EXPECT_EQ(pick(m.readings(kAt), "funding_annual", "binance").state, State::pending);
}

TEST(Funding, main_contract_stands_for_the_venue) {
  Market m;
  const auto inverse = m.instrument("binance", "BTC-USD-PERP@BTC", 100);
  for (int p = 0; p < 4; ++p) {
    m.settled(inverse, kAt - Duration::hours(8 * p), 0.0009);
    m.settled(m.binance, kAt - Duration::hours(8 * p), 0.0001);
  }
  EXPECT_NEAR(*pick(m.readings(kAt), "funding_annual", "binance").value, 0.1095, 1e-12);
  const History history = m.gauges(kAt)->history(kAt);
  ASSERT_EQ(history.funding.size(), 8u);  // both are in the series
  EXPECT_EQ(std::count_if(history.funding.begin(), history.funding.end(),
                          [](const auto& p) { return p.main; }),
            4);
}

}  // namespace
}  // namespace delever::gauges
