// Options of one asset by expiry: open interest, put/call and max pain, from the latest open
// interest of each instrument. An expiry is gone at its time, 08:00 UTC. An old chain is still
// told, with its age.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gauges/history.h"
#include "gauges/panel.h"

namespace delever::gauges {

class Expiries {
 public:
  explicit Expiries(const Subject& subject) : subject_(subject) {}

  void add(const Event& event, const OptionQuote& quote);
  void add(const Event& event, const OpenInterest& interest);  // where it is a message of its own
  void forget_before(Instant known);

  void read(Panel& panel) const;
  std::vector<ExpiryInterest> chain(Instant at) const;  // by venue, expiry
  bool several() const { return false; }  // sums over venues: no two sources measure the same

 private:
  struct Latest {
    Instant at;
    WideQty open_interest;
    SourceId source = 0;
    std::optional<double> stated_coins;  // where the venue says them beside its contracts
    WideQty least;                       // that was told of the same time
  };
  struct Chain {
    std::map<InstrumentId, Latest> latest;
    std::set<InstrumentId> open_once;  // said more than 0 some time
    std::set<std::string> sources;
  };
  void put(const Event& event, WideQty open_interest, std::optional<double> stated_coins);
  struct FreshChains;
  FreshChains fresh_chains(Instant at) const;
  // The gauge of `name` from one chain or the total of several.
  void settle(Panel& panel, const Panel::Name& name, const FreshChains& fresh,
              const ExpiryInterest& e, std::string_view undefined) const;
  ExpiryInterest sum_up(const std::string& venue, Instant expiry, const Chain& chain) const;

  const Subject& subject_;
  std::map<std::string, std::map<Instant, Chain>> venues_;
};

}  // namespace delever::gauges
