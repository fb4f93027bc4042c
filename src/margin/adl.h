// Who is deleveraged first, and when: the venues' ranking indices and triggers as formulas on one
// account's figures. Rankings only order accounts, so they are doubles; the amounts that ADL moves
// are the exchange's and exact.
#pragma once

#include <optional>

namespace delever::margin {

// Binance: [max(0, uPnL) / max(1, wallet)] * margin ratio, and 0 where wallet + uPnL is not
// positive (FAQ 360033525471).
double adl_leverage_pnl(double profit, double wallet, std::optional<double> margin_ratio);
// Bybit, OKX: profit over margin, times value over equity. 0 for losers.
double adl_pnl_leverage(double profit, double margin, double value, double equity);
// Hyperliquid: mark/entry * notional/account value for longs; for shorts entry/mark, our reading of
// an unclear text.
double adl_mark_entry_leverage(bool is_long, double mark, double entry, double value,
                               double account_value);

// Bybit (v5 adl-alert): (pnl - 8 h max pnl) / 8 h max balance < -share, while the pool holds more
// than `threshold`. The loss beyond the share is what ADL passes to counterparties.
struct DrawdownTrigger {
  bool triggered = false;
  double shifted = 0;
};
DrawdownTrigger adl_drawdown(double balance_max_8h, double drawdown_8h, double share,
                             double threshold);

// OKX 2025-03: ADL below (8 h mean - max(share * mean, least)).
double adl_fund_floor(double balance_mean_8h, double share, double least);

}  // namespace delever::margin
