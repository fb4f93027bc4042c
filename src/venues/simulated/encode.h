// The JSON wire form of a simulated venue, one message a line; decoder.cc reads it back.
// What changes many times a second (quotes, marks, indices, open interest) is told once a second,
// as its last state; trades, funding, liquidations and settlements are told one by one.
// docs/models/simulation.md shows a dump.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "market/event.h"

namespace delever::venues {

class SimulatedEncoder {
 public:
  struct Options {
    Duration book_every;  // 0: no snapshots of books
    size_t book_levels = 20;
  };
  SimulatedEncoder(std::vector<Instrument> instruments, Options options);

  void begin() { lines_.clear(); }
  void describe(Instant at);  // every instrument, for the beginning of a tape
  void on_event(const Event& event);
  void option_quote(InstrumentId i, Instant at, const OptionQuote& quote);
  // The states, and snapshots of `books`, one for each instrument (those of options are not
  // written); none where no snapshots are due.
  void end(Instant second, std::span<const BookSnapshot> books);
  bool books_due(Instant second) const {
    return options_.book_every > Duration() && second.ns() % options_.book_every.ns() == 0;
  }
  size_t book_levels() const { return options_.book_levels; }

  const std::string& lines() const { return lines_; }  // each ends with '\n'
  const std::vector<Instrument>& instruments() const { return instruments_; }

 private:
  struct Last {
    bool quote = false, mark = false, index = false, open = false, traded = false;
    Quote best;
    Price mark_price, index_price;
    WideQty open_interest;
    std::string trades;
  };
  std::vector<Instrument> instruments_;
  Options options_;
  std::vector<Last> last_;
  std::string lines_;
};

}  // namespace delever::venues
