// Events as CSV in the column order of the Tardis archives, so that tools written for those read a
// tape: trades, quotes, incremental_book_L2, liquidations, derivative_ticker, options_chain. Times
// in microseconds; missing fields are empty.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "market/event.h"

namespace delever::render {

enum class TardisKind {
  trades,
  quotes,
  incremental_book_l2,
  liquidations,
  derivative_ticker,
  options_chain
};
Result<TardisKind> parse_tardis_kind(std::string_view name);
const std::vector<std::string>& tardis_kind_names();

class TardisCsv {
 public:
  TardisCsv(TardisKind kind, const Instruments& instruments)
      : kind_(kind), instruments_(instruments) {}
  static std::string_view header(TardisKind kind);
  // Appends the rows of this event, none when it is of another kind.
  void write(const Event& event, std::string& out);

 private:
  // A ticker row repeats what was last known of the instrument, as the archives do.
  struct Ticker {
    std::string funding_at, funding, predicted, open_interest, index, mark;
  };
  void write_ticker(const Event& event, std::string& out);
  std::string start(const Event& event) const;

  TardisKind kind_;
  const Instruments& instruments_;
  std::map<InstrumentId, Ticker> tickers_;
};

}  // namespace delever::render
