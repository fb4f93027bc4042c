// Funding formulas, exact in units of Rate (1e-15), rounded to nearest where a division remains: a
// rate is an average that the venue itself rounds; the payment is what must be exact, and is
// rounded against the payer. Sources per venue: docs/models/margin.md, the rulebooks' [funding]
// sections.
#pragma once

#include "market/rulebook.h"

namespace delever::margin {

// max(0, impact bid - reference) - max(0, reference - impact ask), over the reference. A missing
// side counts nothing.
std::optional<Rate> impact_premium(std::optional<Price> impact_bid, std::optional<Price> impact_ask,
                                   Price reference);

// The rate for rule.rate_period from the mean premium (or the mean basis, or Deribit's premium),
// capped where the rulebook has a cap. no_evidence: the formula needs a figure that the rulebook
// lacks.
Result<Rate> funding_rate(const FundingRule& rule, Rate premium, const Rulebook& book);

// The same rate per payment interval: Binance divides by 8/N, Hyperliquid pays an eighth each hour.
Rate per_interval(Rate rate, Duration rate_period, Duration interval);

// What a holder of `size` coins pays (negative: receives) at this reference price, against the
// holder.
std::optional<Amount> funding_payment(Qty size, bool is_long, Price reference, Rate rate);

// Quote money that the impact price is measured over: base / IMR at the top leverage (Binance: base
// 200 USDT).
std::optional<Amount> impact_notional(Amount base, Leverage top_leverage);

}  // namespace delever::margin
