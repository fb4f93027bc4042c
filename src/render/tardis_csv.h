// Events as CSV in the column order and the units of the Tardis archives, so that tools written for
// those read a tape: trades, quotes, incremental_book_L2, liquidations, derivative_ticker,
// options_chain. Times in microseconds; missing fields are empty. Each table has a column map
// (maps/tardis-*.toml) that reads it back.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "market/event.h"
#include "render/text_buffer.h"

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
  // Appends rows. One message makes one row of an instrument's ticker or option, which is written
  // when the next message begins.
  void write(const Event& event, TextBuffer& out);
  void finish(TextBuffer& out);  // the row of the last message
  // Contracts whose open interest was told in coins alone and is left empty: nothing says how many
  // coins one of them is.
  std::vector<std::string> unsized() const;

 private:
  // What was last known of the instrument: a row repeats it, as the archives do.
  struct Ticker {
    std::string funding_at, funding, predicted, open_interest, last_price, index, mark;
  };
  struct Option {
    OptionQuote quote;
  };
  struct Row {
    InstrumentId instrument;
    Instant at, received;
  };
  void begin_message(const Event& event, TextBuffer& out);
  void put_row(const Event& event);
  std::string interest_of(const Instrument& instrument, const OpenInterest& interest);
  void add_to_ticker(const Event& event);
  void add_to_option(const Event& event);
  bool in_another_row(const Row& row) const;
  void put_start(const Row& row, TextBuffer& out) const;
  void put_levels(const Row& row, std::string_view side, const std::vector<Level>& levels,
                  TextBuffer& out) const;
  void put_ticker(const Row& row, TextBuffer& out);
  void put_option(const Row& row, TextBuffer& out);

  TardisKind kind_;
  const Instruments& instruments_;
  std::map<InstrumentId, Ticker> tickers_;
  std::map<InstrumentId, Option> options_;
  std::map<std::string, std::string> indices_;  // by venue and pair, of instruments of their own
  std::vector<Row> rows_;                       // of the message that is being read
  std::optional<std::pair<SourceId, Instant>> message_;
  std::set<std::string> unsized_;
};

}  // namespace delever::render
