// Carry: long spot against a short future or perpetual, one coin of it. What each leg earned, what
// it cost, and the yield on the capital tied up, simple and ACT/365. Fees, funding and borrowing
// are given, not assumed.
//
// Money is quote money per coin of position. A linear contract's profit is in quote money. An
// inverse contract is sold for a fixed number of dollars (the entry price), pays in coins, and is
// valued in dollars at the exit: with the coin itself as its collateral that locks the entry price,
// and funding is a share of those fixed dollars.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace delever::options {

enum class CarryContract : uint8_t { linear, inverse };

struct CarryCosts {
  // Fractions of what is traded, each way; a delivery that costs nothing has an exit fee of 0.
  double spot_entry = 0, spot_exit = 0, contract_entry = 0, contract_exit = 0;
  double borrow_rate = 0;     // a year, on the borrowed share of the spot purchase
  double borrowed_share = 0;  // 0: all own money; 1: all borrowed
  double margin =
      0;  // collateral of the short, a fraction of its notional, beside the spot (0 for inverse)
};

struct FundingPayment {
  Instant at;
  double rate = 0;   // a fraction of notional; positive: longs pay, so the short receives
  double price = 0;  // the mark at which the venue charged it
  std::optional<Duration> period{};  // that it was paid for, where it is known
};

struct CarryResult {
  double spot_leg = 0, contract_leg = 0, funding = 0, fees = 0,
         borrowing = 0;  // costs are negative
  double net = 0;        // the sum of the five
  double capital = 0;    // own money in the spot, the margin and the fees of entry
  double years = 0;
  double annual = 0;          // net / capital / years: simple, not compounded
  double basis_annual = 0;    // of the gross basis alone, on spot
  double funding_annual = 0;  // of funding alone, on spot; 0 for a dated future
};

// A dated future held to its expiry, where it settles on the spot: the result does not depend on
// where that is, but for the fees of exit, which are taken at `settlement` (missing: at the entry
// spot).
struct DatedCarry {
  double spot = 0, future = 0;
  Instant entry, expiry;
  CarryContract contract = CarryContract::linear;
  CarryCosts costs;
  std::optional<double> settlement;
};
Result<CarryResult> dated_carry(const DatedCarry& trade);

// A perpetual held from entry to exit, with the funding that was paid in (entry, exit]. Payments
// outside are refused: a history that does not fit the holding period is a mistake. So is one with
// a hole: a payment that came later after the one before it than its period, or than `gap_max`
// where that is not known.
struct PerpetualCarry {
  double spot_entry = 0, spot_exit = 0, perpetual_entry = 0, perpetual_exit = 0;
  Instant entry, exit;
  CarryContract contract = CarryContract::linear;
  CarryCosts costs;
  std::vector<FundingPayment> funding;  // by time
  Duration gap_max = Duration::hours(9);
};
Result<CarryResult> perpetual_carry(const PerpetualCarry& trade);

}  // namespace delever::options
