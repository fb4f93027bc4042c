#include "margin/adl.h"

#include <algorithm>

namespace delever::margin {

double adl_score(AdlRanking ranking, const AdlInput& in) {
  const double profit = in.profit.approx(), equity = in.equity.approx();
  if (!(equity > 0)) return 0;
  // Ratios of amounts need no unit: taken from the integers, so that equal ones are equal.
  const auto value = static_cast<double>(in.value.raw());
  const auto cost = static_cast<double>(std::max<int64_t>(in.cost.raw(), 1));
  const double leverage = in.value.approx() / equity;  // effective: what the equity carries
  switch (ranking) {
    case AdlRanking::leverage_pnl: {
      const double margin_ratio = in.maintenance.approx() / equity;
      return std::max(0.0, profit) / std::max(1.0, in.wallet.approx()) * margin_ratio;
    }
    case AdlRanking::pnl_leverage:
      return profit > 0 ? profit / (cost / Amount::scale) * leverage : 0;
    case AdlRanking::mark_entry_leverage: {
      if (!(value > 0)) return 0;
      const double mark_over_entry = in.inverse ? cost / value : value / cost;
      return (in.is_long ? mark_over_entry : 1 / mark_over_entry) * leverage;
    }
    case AdlRanking::random_opposite:
      return 0;
  }
  check_failed("an AdlRanking scores", __FILE__, __LINE__);
}

DrawdownTrigger adl_drawdown(double balance_max_8h, double drawdown_8h, double share,
                             double threshold) {
  if (!(balance_max_8h > threshold)) return {};
  const double beyond = drawdown_8h - share * balance_max_8h;
  return {.triggered = beyond > 0, .shifted = std::max(0.0, beyond)};
}

double adl_fund_floor(double balance_mean_8h, double share, double least) {
  return balance_mean_8h - std::max(share * balance_mean_8h, least);
}

}  // namespace delever::margin
