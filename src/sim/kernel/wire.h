// The JSON wire form of a simulated venue, one message a line; src/venues/simulated reads it back.
// What changes many times a second (quotes, marks, indices, open interest) is told once a second,
// as its last state; trades, funding, liquidations and settlements are told one by one.
// docs/models/simulation.md shows a dump.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exchange/exchange.h"

namespace delever::sim {

class Wire {
 public:
  struct Options {
    Duration book_every;  // 0: no snapshots of books
    size_t book_levels = 20;
  };
  Wire(std::vector<Instrument> instruments, Options options);

  void begin() { lines_.clear(); }
  void describe(Instant at);  // every instrument, for the beginning of a tape
  void on_event(const Event& event);
  void option_quote(InstrumentId i, Instant at, const OptionQuote& quote);
  void end(Instant second,
           const exchange::Exchange& exchange);  // the states, and snapshots where they are due

  const std::string& lines() const { return lines_; }  // each ends with '\n'
  const std::vector<Instrument>& instruments() const { return instruments_; }

 private:
  struct Last {
    bool quote = false, mark = false, index = false, open = false, traded = false;
    Quote best;
    Price mark_price, index_price;
    Qty open_interest;
    std::string trades;
  };
  std::vector<Instrument> instruments_;
  Options options_;
  std::vector<Last> last_;
  std::string lines_;
};

}  // namespace delever::sim
