// Board: all options of one asset at one venue in one settlement coin, measured together: surface,
// exposures, 30-day index with its bid-ask interval. Each expiry stands alone: what cannot be
// measured is refused by name.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "options/chain.h"
#include "options/exposure.h"
#include "options/surface.h"

namespace delever::options {

struct OptionBoard {
  std::string venue, settle;
  // When it was computed, as far as the venue's greeks tell; else the time of its newest quote.
  // Years to expiry count from here.
  Instant as_of;
  Instant dated;                     // of its newest quote
  std::vector<Chain> chains;         // by expiry
  std::vector<Error> refused;        // chains that cannot be read at all
  size_t stale = 0, incomplete = 0;  // options left out: for age, for want of a description
  Surface surface;
  Exposures exposures;
  std::optional<VolIndex30> index;
  std::optional<double> index_low, index_high;  // every quote at its bid, and at its ask
  std::string index_refused;
  bool signed_trades =
      false;  // hedgers' positions come from trades; otherwise nobody's sign is known
  std::set<std::string> sources;  // filled by whoever read the quotes

  // Of exposures; null where the expiry was refused.
  const Exposure* exposure(Instant expiry) const;
  std::string name() const { return venue + " " + settle; }
};

// `read` holds the chains of one venue and settlement coin. dealers may be null.
OptionBoard measure_board(ChainBuilder::Chains read, const DealerBook* dealers);

// Bid and ask of a quote as vols: as quoted, else from prices at `forward`. Missing where there is
// none.
struct QuoteVols {
  std::optional<double> bid, ask;
};
QuoteVols quote_vols(const Chain& chain, const ChainQuote& quote, double forward);

}  // namespace delever::options
