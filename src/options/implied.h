// Implied volatility of Black-76 from an undiscounted price, to 1e-12 relative wherever the price
// carries that much.
//
// A price p fixes sigma only up to condition(p) times its own relative rounding, where condition =
// p / (sigma vega): below 1 for every out-of-the-money option up to the middle of its range, but
// large for a deep in-the-money price (which is nearly all intrinsic) and near the upper bound.
// Where fewer than four bits of the price are left over the intrinsic value, or below the bound,
// the answer is no_information rather than a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "market/instrument.h"

namespace delever::options {

enum class IvStatus : uint8_t {
  ok,
  bad_input,  // not a number, infinite, negative price, forward or strike not in (1e-100, 1e100)
  expired,    // no time left
  below_intrinsic,  // worth less than exercise
  above_bound,      // a call at or above the forward, a put at or above the strike
  no_information,  // all of the price is intrinsic value, or all but the last bits of the bound, or
                   // under 1e-290 of it
  not_converged,   // has not been seen; kept so that it could not pass for an answer
};

std::string_view iv_status_name(IvStatus status);

struct ImpliedVol {
  double vol = 0;  // meaningful when status is ok
  IvStatus status = IvStatus::ok;
};

struct PricedOption {
  double forward = 0, strike = 0, years = 0, price = 0;
  OptionType type = OptionType::call;
};

ImpliedVol implied_vol(const PricedOption& option);

// The relative change of vol per relative change of price, at a solved vol.
double iv_condition(const PricedOption& option, double vol);

// What a price rounded to a multiple of `tick` says about vol: those of price -+ tick / 2. A
// missing end means that the rounded price cannot exclude any vol on that side (0 below, infinity
// above).
struct VolRange {
  std::optional<double> low, high;
};
VolRange implied_vol_range(const PricedOption& option, double tick);

}  // namespace delever::options
