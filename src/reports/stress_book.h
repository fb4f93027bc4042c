// A book of accounts for `delever stress`, from CSV. One row a position or a holding; rows with the
// same `account` and `venue` belong together. Strict: unknown columns and values are refused with
// FILE:LINE: COLUMN.
//
//   account   any name
//   kind      isolated, cross or portfolio; one for the whole account
//   venue     as in rulebooks/
//   symbol    a contract of the asset, or of a coin that moves with it, with a rulebook; in Deribit
//   portfolios also its options; of a holding the coin side      long, short, hold (collateral: a
//   coin in the wallet), or beside (of a portfolio: the asset held
//             elsewhere, which backs nothing here but gains and loses with the price)
//   qty       in the venue's unit; holdings and options in coins; holdings may be negative (debt)
//   entry     price; options and holdings have none
//   leverage  chosen on the venue; isolated positions need it or `margin`, cross positions need it
//   margin    isolated: set aside, in the settlement coin (default: entry value / leverage)
//   stop      isolated: the price of a stop order for the whole position
//   haircut   of a holding that backs several coins: a fraction; then every holding of the account
//   needs one iv        options: volatility a year, as a fraction rulebook  the date of the venue's
//   rules, of a position (default: the latest) count     so many alike accounts (default 1); the
//   same in every row of the account
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
