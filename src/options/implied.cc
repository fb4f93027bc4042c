#include "options/implied.h"

#include <cmath>

#include "options/black.h"
#include "options/kernel.h"

namespace delever::options {

std::string_view iv_status_name(IvStatus status) {
  switch (status) {
    case IvStatus::ok:
      return "ok";
    case IvStatus::bad_input:
      return "bad_input";
    case IvStatus::expired:
      return "expired";
    case IvStatus::below_intrinsic:
      return "below_intrinsic";
    case IvStatus::above_bound:
      return "above_bound";
    case IvStatus::no_information:
      return "no_information";
    case IvStatus::not_converged:
      return "not_converged";
  }
  CHECK(false);
}

ImpliedVol implied_vol(const PricedOption& o) {
  const double sign = o.type == OptionType::call ? 1 : -1;
  const auto solved = lanes::implied_lanes<double>(o.forward, o.strike, o.years, o.price, sign);
  return {solved.vol, static_cast<IvStatus>(solved.status)};
}

double iv_condition(const PricedOption& o, double vol) {
  const BlackGreeks greeks = black({o.forward, o.strike, o.years, vol, o.type});
  return o.price / (vol * greeks.vega);
}

VolRange implied_vol_range(const PricedOption& o, double tick) {
  CHECK(tick > 0);
  VolRange range;
  PricedOption shifted = o;
  shifted.price = o.price - 0.5 * tick;
  if (const auto low = implied_vol(shifted); low.status == IvStatus::ok) range.low = low.vol;
  shifted.price = o.price + 0.5 * tick;
  if (const auto high = implied_vol(shifted); high.status == IvStatus::ok) range.high = high.vol;
  return range;
}

}  // namespace delever::options
