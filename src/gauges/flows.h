// Flows of outside money into one asset, kept apart from the short clock: for now the daily flow of
// exchange-traded funds. One fund is not the market: the market figure needs a holder that stands
// for all of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gauges/history.h"
#include "gauges/panel.h"

namespace delever::gauges {

class Flows {
 public:
  explicit Flows(const Subject& subject) : subject_(subject) {}

  void add(const Event& event, const Holding& holding);
  void read(Panel& panel) const;
  std::vector<EtfFlow> etf_flows(Instant from, Instant at) const;
  bool several() const { return funds_.size() >= 2; }

 private:
  struct Day {  // of two figures that came together neither is the later word
    double low = 0, high = 0;
    Instant received;
    bool differs() const { return !same_figure(low, high); }
  };
  struct Fund {
    std::map<Instant, Day> days;  // by end of the day
    std::string source;
  };
  using Key = std::pair<std::string, std::string>;  // holder, publisher
  const Subject& subject_;
  std::map<Key, Fund> funds_;
};

}  // namespace delever::gauges
