// What option prices say: the 30-day volatility index, its gap to realised volatility, and the
// coins that hedgers must trade when the forward moves by 1 %. From boards of one venue and
// settlement coin, each with its own time.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gauges/panel.h"
#include "market/seen.h"
#include "options/board.h"

namespace delever::gauges {

class OptionBoards {
 public:
  explicit OptionBoards(const Subject& subject) : subject_(subject) {}

  void add(const Event& event, const OptionQuote& quote);
  void add(const Event& event, const Trade& trade);
  void add(const Event& event, const OpenInterest& interest);  // where it is a message of its own
  void described(InstrumentId id);  // trades that wanted a contract size have one now
  void forget_before(Instant known);

  // Reads realized_vol_24h from the panel, so that one comes first.
  void read(Panel& panel) const;
  std::vector<options::OptionBoard> boards(Instant at) const;  // by venue, settlement coin

 private:
  struct Book {
    options::ChainBuilder builder;
    Instant newest = Instant::min();
    std::set<SourceId> sources;
    options::DealerBook dealers{options::DealerOdds{}};
    std::map<Instant, double> traded;  // coins of signed trades, by expiry
  };
  struct Flow;
  void count(const Event& event, const Trade& trade);
  Book& book_of(const Instrument& instrument);
  void read_index(Panel& panel, const std::vector<options::OptionBoard>& boards,
                  std::string_view missing) const;
  void read_premium(Panel& panel) const;
  using Flows = std::map<std::pair<std::string, Instant>, Flow>;
  Flows flows_of(const std::vector<options::OptionBoard>& boards) const;
  void settle_flow(Panel& panel, const Panel::Name& name, const Flow& flow) const;
  void read_flows(Panel& panel, const std::vector<options::OptionBoard>& boards,
                  std::string_view missing) const;

  const Subject& subject_;
  std::map<std::pair<std::string, std::string>, Book> books_;  // by venue, settlement coin
  std::map<InstrumentId, SeenLately> seen_;                    // trades
  std::map<InstrumentId, std::vector<Event>> unsized_;  // trades of contracts of unknown size
};

}  // namespace delever::gauges
