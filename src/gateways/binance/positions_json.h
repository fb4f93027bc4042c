// Positions as USD-M's endpoints and its account stream show them.
#pragma once

#include <string>
#include <vector>

#include "gateways/binance/face.h"
#include "gateways/statement.h"

namespace delever::gateways::binance {

struct PositionRow {
  const Market* market = nullptr;
  AccountId account = 0;
  PositionFigures figures;     // qty 0: flat
  std::string_view side_name;  // BOTH, LONG, SHORT
  bool isolated() const { return figures.view.mode == MarginMode::isolated; }
  Qty signed_qty() const {
    const Qty q = figures.view.qty;
    return figures.view.side == PositionSide::long_side ? q : -q;
  }
};

// Of positions that are held, in the order of their instruments; of `only` where given.
std::vector<PositionRow> held_rows(const Face& face, AccountId account, const Statement& s,
                                   const Market* only);
// Of what is held or has orders at the book.
std::vector<PositionRow> busy_rows(const Face& face, AccountId account, const Statement& s,
                                   const Market* only);
// With flat ones: a row a symbol, two in hedge mode.
std::vector<PositionRow> all_rows(const Face& face, AccountId account, const Statement& s,
                                  const Market* only);

void append_risk_v3(std::string& out, const Face& face, const PositionRow& row);
void append_risk_v2(std::string& out, const Face& face, const PositionRow& row);
void append_account_position_v3(std::string& out, const Face& face, const PositionRow& row);
void append_account_position_v2(std::string& out, const Face& face, const PositionRow& row);

std::string entry_text(const Face& face, const PositionRow& row);
std::string break_even_text(const Face& face, const PositionRow& row);
// The value that the tiers allow at this leverage.
std::string most_notional(const Market& m, Leverage leverage);

}  // namespace delever::gateways::binance
