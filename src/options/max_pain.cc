#include <fmt/format.h>

#include <algorithm>

#include "options/black.h"
#include "options/exposure.h"

namespace delever::options {

std::vector<StrikeInterest> open_interest_by_strike(const Chain& chain) {
  std::map<double, StrikeInterest> by_strike;
  for (const ChainQuote& q : chain.quotes) {
    if (!q.open_interest || *q.open_interest <= 0) continue;
    StrikeInterest& row = by_strike[q.strike];
    row.strike = q.strike;
    (q.type == OptionType::call ? row.calls : row.puts) += *q.open_interest;
  }
  std::vector<StrikeInterest> out;
  for (const auto& [strike, row] : by_strike) out.push_back(row);
  return out;
}

// Going up, what the calls below receive grows by their number times the step; going down likewise
// for the puts above.
void fill_pain(std::span<StrikeInterest> strikes) {
  double open = 0, received = 0;
  for (size_t i = 0; i < strikes.size(); ++i) {
    CHECK(strikes[i].strike > 0 && (i == 0 || strikes[i].strike > strikes[i - 1].strike));
    if (i > 0) received += open * (strikes[i].strike - strikes[i - 1].strike);
    strikes[i].pain_usd = received;
    open += strikes[i].calls;
  }
  open = received = 0;
  for (size_t i = strikes.size(); i-- > 0;) {
    if (i + 1 < strikes.size()) received += open * (strikes[i + 1].strike - strikes[i].strike);
    strikes[i].pain_usd += received;
    open += strikes[i].puts;
  }
}

std::optional<MaxPain> max_pain(std::span<const StrikeInterest> given) {
  std::vector<StrikeInterest> strikes(given.begin(), given.end());
  fill_pain(strikes);
  double open = 0;
  for (const StrikeInterest& s : strikes) open += s.calls + s.puts;
  if (!(open > 0)) return std::nullopt;
  MaxPain best{strikes[0].strike, strikes[0].pain_usd, strikes[0].strike,
               strikes[0].pain_usd / strikes[0].strike};
  for (const StrikeInterest& s : strikes) {
    if (s.pain_usd < best.pain_usd) best.strike_usd = s.strike, best.pain_usd = s.pain_usd;
    const double coin = s.pain_usd / s.strike;
    if (coin < best.pain_coin) best.strike_coin = s.strike, best.pain_coin = coin;
  }
  return best;
}

double settled_share(Instant now, Instant expiry) {
  return std::clamp(1 - (expiry - now).in_seconds() / kSettlementWindow.in_seconds(), 0.0, 1.0);
}

SettlementGreeks settlement_greeks(OptionType type, double strike, double index, double vol,
                                   double years_left, const SettlementWindow& window) {
  CHECK(window.fixed >= 0 && window.fixed <= 1 && index > 0 && strike > 0);
  CHECK(window.fixed == 0 || window.average > 0);
  const double open = 1 - window.fixed;
  const double forward = window.fixed * window.average + open * index;
  // The part still open moves the average by its share; its own vol is that of a mean over the time
  // left.
  const double share = open * index / forward;
  const BlackGreeks g = black({forward, strike, years_left / 3, vol * share, type});
  return {g.price, g.delta * open, g.gamma * open * open};
}

}  // namespace delever::options
