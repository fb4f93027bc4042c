#include "margin/adl.h"

#include <algorithm>

namespace delever::margin {

double adl_leverage_pnl(double profit, double wallet, std::optional<double> margin_ratio) {
  if (!margin_ratio || !(*margin_ratio > 0)) return 0;
  return std::max(0.0, profit) / std::max(1.0, wallet) * *margin_ratio;
}

double adl_pnl_leverage(double profit, double margin, double value, double equity) {
  if (!(profit > 0) || !(margin > 0) || !(equity > 0)) return 0;
  return profit / margin * (value / equity);
}

double adl_mark_entry_leverage(bool is_long, double mark, double entry, double value,
                               double account_value) {
  if (!(mark > 0) || !(entry > 0) || !(account_value > 0)) return 0;
  return (is_long ? mark / entry : entry / mark) * (value / account_value);
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
