// Goal: open interest, put/call and max pain of small chains known by hand; expiries leave at their
// time.
#include "gauges/expiries.h"

#include "gauges/scene_testing.h"

namespace delever::gauges {
namespace {

const Instant kExpiry = time_of("2026-01-30T08:00:00Z");

struct ChainScene : Scene {
  void quote(const std::string& name, double interest, Instant at,
             const std::string& venue = "deribit") {
    OptionQuote q;
    q.open_interest = Qty::nearest(interest).value();
    put(instrument(venue, name), venue + ":chain", at, q);
  }
  void known_chain(Instant at, const std::string& venue = "deribit") {
    for (const auto& [name, interest] : {std::pair{"BTC-USD-260130-90-C@BTC", 10.0},
                                         {"BTC-USD-260130-100-C@BTC", 5.0},
                                         {"BTC-USD-260130-100-P@BTC", 5.0},
                                         {"BTC-USD-260130-110-P@BTC", 10.0},
                                         {"BTC-USD-260227-100-C@BTC", 4.0},
                                         {"BTC-USD-260227-100-P@BTC", 1.0}})
      quote(name, interest, at, venue);
  }
};

TEST(Expiries, by_expiry_and_in_total) {
  ChainScene chain;
  chain.known_chain(kAt - Duration::minutes(5));
  const auto readings = chain.readings(kAt);
  EXPECT_EQ(*pick(readings, "options_oi", {}, kExpiry).value, 30);
  EXPECT_EQ(*pick(readings, "options_oi_calls", {}, kExpiry).value, 15);
  EXPECT_EQ(*pick(readings, "options_oi_puts", {}, kExpiry).value, 15);
  EXPECT_EQ(*pick(readings, "options_put_call", {}, kExpiry).value, 1);
  EXPECT_EQ(*pick(readings, "options_max_pain", {}, kExpiry).value, 100);
  EXPECT_EQ(*pick(readings, "options_oi").value, 35);
  EXPECT_DOUBLE_EQ(*pick(readings, "options_put_call").value, 16.0 / 19);
  const Reading r = pick(readings, "options_oi", {}, kExpiry);
  EXPECT_EQ(r.state, State::single_source);
  EXPECT_EQ(r.reason, "");
  EXPECT_EQ(r.as_of, kAt - Duration::minutes(5));
}

TEST(Expiries, leave_at_eight) {
  ChainScene chain;
  chain.known_chain(kAt);
  EXPECT_EQ(*pick(chain.readings(kExpiry - Duration::ns(1)), "options_oi").value, 35);
  const auto after = chain.readings(kExpiry);
  EXPECT_EQ(*pick(after, "options_oi").value, 5);
  EXPECT_TRUE(std::none_of(after.begin(), after.end(),
                           [](const Reading& r) { return r.expiry == kExpiry; }));
}

TEST(Expiries, an_old_chain_is_told_with_its_age_and_withheld_after_a_week) {
  ChainScene chain;
  chain.known_chain(time_of("2026-01-24T06:00:00Z"));
  const Reading r = pick(chain.readings(kAt), "options_max_pain", {}, kExpiry);
  EXPECT_EQ(*r.value, 100);
  EXPECT_EQ(r.state, State::single_source);
  EXPECT_EQ(r.as_of, time_of("2026-01-24T06:00:00Z"));
  EXPECT_EQ(r.reason, "the newest chain is 5d 18h old, of 2026-01-24T06:00:00Z");
  const Reading gone = pick(chain.readings(time_of("2026-02-01T00:00:00Z")), "options_oi");
  EXPECT_EQ(gone.state, State::pending);
  EXPECT_FALSE(gone.value.has_value());
  EXPECT_NE(gone.reason.find("limit 7d"), std::string::npos) << gone.reason;
}

TEST(Expiries, an_expiry_withheld_for_its_age_leaves_the_total_open) {
  ChainScene chain;
  const Instant later = time_of("2026-02-26T00:00:00Z"), of_march = time_of("2026-03-27T08:00:00Z");
  chain.quote("BTC-USD-260327-90-C@BTC", 10, later - Duration::days(8));
  chain.quote("BTC-USD-260327-90-C@BTC", 3, later - Duration::hours(1), "okx");
  chain.quote("BTC-USD-260227-100-C@BTC", 4, later - Duration::hours(1));
  const auto readings = chain.readings(later);
  for (const auto& [venue, expiry, value] :
       std::vector<std::tuple<std::optional<std::string>, std::optional<Instant>, double>>{
           {std::nullopt, std::nullopt, 7}, {"deribit", std::nullopt, 4}, {{}, of_march, 3}}) {
    const Reading r = pick(readings, "options_oi", venue, expiry);
    EXPECT_EQ(*r.value, value);
    EXPECT_EQ(*r.low, value);
    EXPECT_FALSE(r.high) << value;
    EXPECT_LT(r.coverage, 1) << value;
    EXPECT_NE(r.reason.find("deribit: 1 instruments left out"), std::string::npos) << r.reason;
  }
  EXPECT_TRUE(pick(readings, "options_oi", "okx").high);
}

TEST(Expiries, newest_interest_counts_and_the_delisted_does_not) {
  ChainScene chain;
  chain.known_chain(kAt - Duration::days(2));
  chain.quote("BTC-USD-260130-90-C@BTC", 7, kAt - Duration::hours(1));
  const Reading r = pick(chain.readings(kAt), "options_oi", {}, kExpiry);
  EXPECT_EQ(*r.value, 7);
  EXPECT_NE(r.reason.find("3 instruments left out"), std::string::npos) << r.reason;
}

TEST(Expiries, venues_add_up) {
  ChainScene chain;
  chain.known_chain(kAt);
  chain.quote("BTC-USDT-260130-90-C", 100, kAt, "binance");
  const auto readings = chain.readings(kAt);
  EXPECT_EQ(*pick(readings, "options_oi", {}, kExpiry).value, 130);
  EXPECT_EQ(*pick(readings, "options_oi", "deribit", kExpiry).value, 30);
  EXPECT_EQ(*pick(readings, "options_oi", "binance", kExpiry).value, 100);
  EXPECT_EQ(*pick(readings, "options_max_pain", {}, kExpiry).value, 90);
  EXPECT_EQ(pick(readings, "options_put_call", "binance", kExpiry).value, 0);
}

TEST(Expiries, undefined_is_missing) {
  ChainScene chain;
  chain.quote("BTC-USD-260130-90-P@BTC", 3, kAt);
  const auto readings = chain.readings(kAt);
  EXPECT_EQ(pick(readings, "options_put_call", {}, kExpiry).state,
            State::pending);  // no calls: not infinite
  EXPECT_EQ(*pick(readings, "options_oi_calls", {}, kExpiry).value, 0);
}

}  // namespace
}  // namespace delever::gauges
