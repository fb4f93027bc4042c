#include "options/carry.h"

#include <gtest/gtest.h>

#include <cmath>

namespace delever::options {
namespace {

Instant at(std::string_view text) { return Instant::parse(text).value(); }

// 90 days at a basis of 2 %: 2,000 on 100,000, less 0.1 % + 0.05 % in, nothing out, 5 % borrowing
// on half.
TEST(Carry, DatedFutureByHand) {
  const DatedCarry trade{.spot = 100000,
                         .future = 102000,
                         .entry = at("2026-01-01"),
                         .expiry = at("2026-04-01"),
                         .costs = {.spot_entry = 0.001,
                                   .contract_entry = 0.0005,
                                   .borrow_rate = 0.05,
                                   .borrowed_share = 0.5,
                                   .margin = 0.1}};
  const CarryResult r = dated_carry(trade).value();
  EXPECT_DOUBLE_EQ(r.spot_leg, 0);
  EXPECT_DOUBLE_EQ(r.contract_leg, 2000);
  EXPECT_DOUBLE_EQ(r.fees, -(100 + 51));
  EXPECT_NEAR(r.borrowing, -50000 * 0.05 * 90 / 365, 1e-9);
  EXPECT_DOUBLE_EQ(r.capital, 50000 + 10200 + 151);
  EXPECT_NEAR(r.annual, r.net / r.capital * 365 / 90, 1e-12);
  EXPECT_NEAR(r.basis_annual, 0.02 * 365 / 90, 1e-12);
}

TEST(Carry, ResultDoesNotDependOnWhereItSettles) {
  for (const CarryContract contract : {CarryContract::linear, CarryContract::inverse}) {
    DatedCarry trade{.spot = 100000,
                     .future = 102000,
                     .entry = at("2026-01-01"),
                     .expiry = at("2026-04-01"),
                     .contract = contract};
    for (const double settlement : {40000.0, 100000.0, 250000.0}) {
      trade.settlement = settlement;
      const CarryResult r = dated_carry(trade).value();
      EXPECT_NEAR(r.net, 2000, 1e-9) << settlement;
      EXPECT_NEAR(r.spot_leg + r.contract_leg, 2000, 1e-9);
    }
  }
}

TEST(Carry, PerpetualFundingByHand) {
  PerpetualCarry trade{.spot_entry = 100000,
                       .spot_exit = 90000,
                       .perpetual_entry = 100100,
                       .perpetual_exit = 90020,
                       .entry = at("2026-01-01"),
                       .exit = at("2026-01-02")};
  trade.funding = {{at("2026-01-01T08:00:00Z"), 0.0001, 100000},
                   {at("2026-01-01T16:00:00Z"), -0.0002, 95000},
                   {at("2026-01-02T00:00:00Z"), 0.0003, 90000}};
  CarryResult r = perpetual_carry(trade).value();
  EXPECT_NEAR(r.funding, 10 - 19 + 27, 1e-9);
  EXPECT_NEAR(r.contract_leg, 10080, 1e-9);
  EXPECT_NEAR(r.net, -10000 + 10080 + 18, 1e-9);
  EXPECT_NEAR(r.annual, 98.0 / 100000 * 365, 1e-12);
  trade.contract = CarryContract::inverse;
  r = perpetual_carry(trade).value();
  EXPECT_NEAR(r.funding, 0.0002 * 100100, 1e-9) << "on fixed dollars";
  EXPECT_NEAR(r.contract_leg, (100100.0 / 90020 - 1) * 90000, 1e-9);
}

// 8 h until 08:00, 4 h from then on: each payment is held to its own period.
TEST(Carry, APaymentIsForItsOwnPeriod) {
  PerpetualCarry trade{.spot_entry = 100,
                       .spot_exit = 100,
                       .perpetual_entry = 100,
                       .perpetual_exit = 100,
                       .entry = at("2026-01-01"),
                       .exit = at("2026-01-01T16:00:00Z")};
  const Duration eight = Duration::hours(8), four = Duration::hours(4);
  trade.funding = {{at("2026-01-01T08:00:00Z"), 0.0001, 100, eight},
                   {at("2026-01-01T12:00:00Z"), 0.0001, 100, four},
                   {at("2026-01-01T16:00:00Z"), 0.0001, 100, four}};
  const CarryResult whole = perpetual_carry(trade).value();
  EXPECT_NEAR(whole.funding, 0.03, 1e-12);
  EXPECT_FALSE(std::signbit(whole.fees)) << "no fee is 0, not -0";
  trade.funding.erase(trade.funding.begin() + 1);
  EXPECT_EQ(perpetual_carry(trade).error().what,
            "no funding between 2026-01-01T08:00:00Z and 2026-01-01T16:00:00Z");
}

TEST(Carry, RefusesWhatDoesNotFit) {
  PerpetualCarry trade{.spot_entry = 1,
                       .spot_exit = 1,
                       .perpetual_entry = 1,
                       .perpetual_exit = 1,
                       .entry = at("2026-01-01"),
                       .exit = at("2026-01-03")};
  EXPECT_EQ(perpetual_carry(trade).error().what,
            "no funding between 2026-01-01T00:00:00Z and 2026-01-03T00:00:00Z");
  trade.funding = {{at("2026-01-05"), 0.0001, 1}};
  EXPECT_EQ(perpetual_carry(trade).error().fault, Fault::malformed);
  DatedCarry dated{
      .spot = 100, .future = 101, .entry = at("2026-01-01"), .expiry = at("2026-01-01")};
  EXPECT_FALSE(dated_carry(dated).has_value());
  dated.expiry = at("2026-02-01");
  dated.costs.borrowed_share = 1;
  EXPECT_EQ(dated_carry(dated).error().fault, Fault::refused);
  dated.costs = {.spot_entry = 5};
  EXPECT_EQ(dated_carry(dated).error().what,
            "fee spot_entry = 5: expected a fraction such as 0.0005");
  dated.costs = {};
  dated.spot = -1;
  EXPECT_FALSE(dated_carry(dated).has_value());
}

}  // namespace
}  // namespace delever::options
