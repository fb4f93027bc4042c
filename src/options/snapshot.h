// Research snapshots of a whole option board as CSV, and a report that puts our figures beside the
// venue's own. Columns as in the r1quant Deribit files: date, instrument_name, expiry_date, strike,
// type, volume, open_interest, delta, gamma, vega, theta, bid_iv, ask_iv, mark_iv (percent; a bid
// of 0 is none); others are passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "options/chain.h"
#include "options/exposure.h"
#include "options/surface.h"

namespace delever::options {

struct BoardSnapshot {
  Instant labelled;  // the file's date column
  Instant as_of;     // when the venue computed it, as far as its own greeks tell; else the label
  std::optional<Duration> offset;  // as_of - labelled, where it could be told
  std::vector<Chain> chains;       // by expiry; those already expired are left out
};

// How much later than `chain.as_of` the venue's greeks were computed: theta = -vega vol / (2T), so
// with Deribit's units T = 100 vol vega / (2 x 365 |theta|) years. One figure per usable quote of
// an expiry 1.2 to 10 days off: nearer, Deribit caps its theta; farther, the rounding of mark_iv to
// 0.01 points is hours.
std::vector<double> clock_offsets_seconds(const Chain& chain);

// The median over a board; missing: fewer than 20 usable quotes, or one beyond two hours.
std::optional<Duration> clock_offset(const std::vector<Chain>& chains);

// Snapshots in the order of the file. Labels floor to the hour while the data are up to an hour
// younger (measured: -38 to +49 minutes), which is most of a short expiry's delta difference; so
// the median of the clock offsets is applied when 20 quotes or more give one within two hours.
// Errors name the line.
Result<std::vector<BoardSnapshot>> read_board_csv(std::string_view csv);

// One expiry of one snapshot: ours beside the venue's.
struct BoardRow {
  Instant as_of, expiry;
  size_t instruments = 0;
  double open_interest = 0;
  std::optional<double> put_call;
  std::optional<MaxPain> pain;
  std::optional<Forward> forward_delta, forward_parity;
  std::optional<double> delta_gap_max, delta_gap_median;  // |our N(d1) - published delta|
  std::optional<double> gamma_gap_median;                 // |published / ours - 1|
  double gamma_zero_share = 0;  // options whose published gamma is rounded to 0
  std::optional<Smile> smile;
  std::string refused;  // why there is no smile
};

struct BoardReport {
  std::vector<BoardRow> rows;
  Exposures exposures;
  std::optional<VolIndex30> index;
  std::string index_refused;
};
BoardReport report_board(const BoardSnapshot& board);

std::string board_table_header();  // of a Markdown table
std::string board_table_row(const BoardRow& row);

}  // namespace delever::options
