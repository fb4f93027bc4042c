// A book of accounts for `delever stress`, from CSV. One row a position or a holding; rows with the
// same `account` and `venue` belong together. Strict: unknown columns and values are refused with
// FILE:LINE: COLUMN. docs/stress-book.md has a table of them.
//
// - account, venue: any name; as in rulebooks/.
// - kind: isolated, cross or portfolio; one for the whole account.
// - symbol: a contract of the asset, or of a coin that moves with it, with a rulebook; in Deribit
//   portfolios also its options; of a holding the coin.
// - side: long, short, hold (collateral: a coin in the wallet), or beside.
//   beside: of a portfolio, the asset held elsewhere, which backs nothing here but gains and loses
//   with the price.
// - qty: in the venue's unit; holdings and options in coins; holdings may be negative (debt).
// - entry: a price; options and holdings have none.
// - leverage: chosen on the venue; cross positions need it, isolated ones need it or `margin`.
// - margin, stop: of isolated positions. Set aside, in the settlement coin (default: entry value /
//   leverage); the price of a stop order for all of it.
// - haircut: of a holding that backs several coins, a fraction; then every holding needs one.
// - iv: of options, volatility a year as a fraction.
// - rulebook: of a position, the date of the venue's rules (default: the latest).
// - count: so many alike accounts (default 1); the same in every row of the account.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cascade/stress.h"
#include "rulebooks/rulebook_file.h"

namespace delever::reports {

struct StressMarket {
  std::string asset;
  double price = 0;
  Instant at;                                 // options expire after it
  std::vector<cascade::StressCoin> others{};  // what else accounts may hold, and how it moves
};

Result<cascade::StressBook> read_stress_book(std::string_view csv, std::string_view file,
                                             const rulebooks::RulebookShelf& shelf,
                                             const StressMarket& market);

}  // namespace delever::reports
