#include "margin/funding.h"

#include <algorithm>

#include "market/exact.h"

namespace delever::margin {
namespace {

Wide nearest(Wide dividend, Wide divisor) {
  const Wide half = divisor / 2;
  return dividend >= 0 ? (dividend + half) / divisor : -((-dividend + half) / divisor);
}

}  // namespace

std::optional<Rate> impact_premium(std::optional<Price> impact_bid, std::optional<Price> impact_ask,
                                   Price reference) {
  if (reference.raw() <= 0) return std::nullopt;
  Wide gap = 0;
  if (impact_bid) gap += larger(0, Wide{impact_bid->raw()} - reference.raw());
  if (impact_ask) gap -= larger(0, Wide{reference.raw()} - impact_ask->raw());
  return fit<Rate>(nearest(gap * Rate::scale, reference.raw()));
}

Result<Rate> funding_rate(const FundingRule& rule, Rate premium, const Rulebook& book) {
  Wide rate = premium.raw();
  const auto clamped = [](Wide x, Wide bound) { return larger(-bound, smaller(bound, x)); };
  switch (rule.formula) {
    case FundingFormula::premium_clamp:
      if (!rule.interest) return not_established(book, "funding.interest");
      if (!rule.clamp) return not_established(book, "funding.clamp");
      rate += clamped(Wide{rule.interest->raw()} - premium.raw(), rule.clamp->raw());
      break;
    case FundingFormula::mean_basis:
      if (!rule.interest) return not_established(book, "funding.interest");
      rate -= rule.interest->raw();
      break;
    case FundingFormula::premium_plus:
      if (!rule.interest) return not_established(book, "funding.interest");
      rate += rule.interest->raw();
      break;
    case FundingFormula::dead_band:
      if (!rule.clamp) return not_established(book, "funding.clamp");
      rate = larger(rule.clamp->raw(), premium.raw()) +
             smaller(-Wide{rule.clamp->raw()}, premium.raw());
      break;
  }
  if (rule.cap) {
    const Duration period = rule.cap_period.value_or(rule.rate_period);
    rate = clamped(rate, nearest(Wide{rule.cap->raw()} * rule.rate_period.ns(), period.ns()));
  }
  if (const auto fitted = fit<Rate>(rate)) return *fitted;
  return Error{Fault::out_of_range, "a funding rate beyond 9,223", book.name()};
}

Rate per_interval(Rate rate, Duration rate_period, Duration interval) {
  CHECK(rate_period.ns() > 0 && interval.ns() >= 0 && interval <= rate_period);
  return Rate::raw(narrow(nearest(Wide{rate.raw()} * interval.ns(), rate_period.ns())));
}

std::optional<Amount> funding_payment(Qty size, bool is_long, Price reference, Rate rate) {
  const Wide value = divide(Wide{size.raw()} * reference.raw(), Price::scale,
                            rate.raw() >= 0 ? Round::up : Round::down);
  return fit<Amount>(times(is_long ? value : -value, rate, Round::up));
}

std::optional<Amount> impact_notional(Amount base, Leverage top_leverage) {
  return fit<Amount>(divide(Wide{base.raw()} * top_leverage.raw(), Leverage::scale, Round::down));
}

}  // namespace delever::margin
