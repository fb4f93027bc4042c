#include "options/carry.h"

#include <fmt/format.h>

#include <cmath>

namespace delever::options {
namespace {

Result<void> check_costs(const CarryCosts& c) {
  for (const auto& [name, value] : {std::pair{"spot_entry", c.spot_entry},
                                    {"spot_exit", c.spot_exit},
                                    {"contract_entry", c.contract_entry},
                                    {"contract_exit", c.contract_exit}}) {
    if (!(value > -0.1 && value < 0.1)) {  // rebates are negative
      return Error{Fault::out_of_range,
                   fmt::format("fee {} = {}: expected a fraction such as 0.0005", name, value)};
    }
  }
  if (!(c.borrow_rate > -1 && c.borrow_rate < 10)) {
    return Error{Fault::out_of_range,
                 fmt::format("borrow_rate = {}: expected a fraction a year", c.borrow_rate)};
  }
  if (!(c.borrowed_share >= 0 && c.borrowed_share <= 1)) {
    return Error{Fault::out_of_range,
                 fmt::format("borrowed_share = {}: expected 0 to 1", c.borrowed_share)};
  }
  if (!(c.margin >= 0 && c.margin <= 10)) {
    return Error{Fault::out_of_range,
                 fmt::format("margin = {}: expected a share of the notional, 0 to 10", c.margin)};
  }
  return {};
}

Result<void> check_price(std::string_view name, double price) {
  if (price > 0 && price < 1e12) return {};
  return Error{Fault::out_of_range, fmt::format("{} = {}: expected a price", name, price)};
}

struct Legs {
  double spot_entry, spot_exit, contract_entry, contract_exit;
};

// The two legs over the holding period. Short inverse, dollars N = entry: coins N (1/exit -
// 1/entry), worth that times the spot of the exit.
CarryResult close(const Legs& p, CarryContract contract, const CarryCosts& costs, double years) {
  CarryResult out{.years = years};
  out.spot_leg = p.spot_exit - p.spot_entry;
  const bool linear = contract == CarryContract::linear;
  out.contract_leg = linear ? p.contract_entry - p.contract_exit
                            : (p.contract_entry / p.contract_exit - 1) * p.spot_exit;
  // An inverse position's notional is its dollars, whatever the price.
  const double notional_out = linear ? p.contract_exit : p.contract_entry;
  const double entry_fees =
      p.spot_entry * costs.spot_entry + p.contract_entry * costs.contract_entry;
  // Taken from 0, so that no fee is 0 and not -0.
  out.fees = 0 - (entry_fees + p.spot_exit * costs.spot_exit + notional_out * costs.contract_exit);
  out.borrowing = 0 - p.spot_entry * costs.borrowed_share * costs.borrow_rate * years;
  out.capital =
      p.spot_entry * (1 - costs.borrowed_share) + p.contract_entry * costs.margin + entry_fees;
  return out;
}

Result<CarryResult> finish(CarryResult out, double spot) {
  out.net = out.spot_leg + out.contract_leg + out.funding + out.fees + out.borrowing;
  if (!(out.capital > 0)) {
    return Error{
        Fault::refused,
        "no capital is tied up (all borrowed, no margin): a yield on nothing has no meaning"};
  }
  out.annual = out.net / out.capital / out.years;
  out.basis_annual = (out.spot_leg + out.contract_leg) / spot / out.years;
  out.funding_annual = out.funding / spot / out.years;
  return out;
}

}  // namespace

Result<CarryResult> dated_carry(const DatedCarry& t) {
  TRY(check_price("spot", t.spot));
  TRY(check_price("future", t.future));
  TRY(check_costs(t.costs));
  const double settlement = t.settlement.value_or(t.spot);
  TRY(check_price("settlement", settlement));
  if (t.expiry <= t.entry) {
    return Error{Fault::out_of_range,
                 fmt::format("expiry {} is not after entry {}", t.expiry.text(), t.entry.text())};
  }
  return finish(close({t.spot, settlement, t.future, settlement}, t.contract, t.costs,
                      (t.expiry - t.entry).in_years()),
                t.spot);
}

Result<CarryResult> perpetual_carry(const PerpetualCarry& t) {
  TRY(check_price("spot_entry", t.spot_entry));
  TRY(check_price("spot_exit", t.spot_exit));
  TRY(check_price("perpetual_entry", t.perpetual_entry));
  TRY(check_price("perpetual_exit", t.perpetual_exit));
  TRY(check_costs(t.costs));
  if (t.exit <= t.entry) {
    return Error{Fault::out_of_range,
                 fmt::format("exit {} is not after entry {}", t.exit.text(), t.entry.text())};
  }
  CarryResult out = close({t.spot_entry, t.spot_exit, t.perpetual_entry, t.perpetual_exit},
                          t.contract, t.costs, (t.exit - t.entry).in_years());
  Instant last = t.entry;
  for (const FundingPayment& payment : t.funding) {
    if (payment.at <= t.entry || payment.at > t.exit || payment.at < last) {
      return Error{Fault::malformed,
                   fmt::format("funding at {} is outside {} to {}, or out of order",
                               payment.at.text(), t.entry.text(), t.exit.text())};
    }
    // Venues settle a little late: an eighth of the period is left for that.
    const Duration most = payment.period ? *payment.period + *payment.period / 8 : t.gap_max;
    if (payment.at - last > most) {
      return Error{Fault::no_evidence,
                   fmt::format("no funding between {} and {}", last.text(), payment.at.text())};
    }
    TRY(check_price("funding price", payment.price));
    if (!(std::fabs(payment.rate) < 1))
      return Error{Fault::out_of_range, fmt::format("funding {}", payment.rate)};
    last = payment.at;
    out.funding +=
        payment.rate * (t.contract == CarryContract::linear ? payment.price : t.perpetual_entry);
  }
  if (t.exit - last > t.gap_max) {
    return Error{Fault::no_evidence,
                 fmt::format("no funding between {} and {}", last.text(), t.exit.text())};
  }
  return finish(out, t.spot_entry);
}

}  // namespace delever::options
