// What became of each account of a rehearsal, beside what became of the agents of its venue.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateways/gateway.h"
#include "rehearsal/market.h"

namespace delever::rehearsal {

struct AccountCard {
  std::string venue, name;  // of the key or address
  AccountId account = 0;
  double start = 0, now = 0, low = 0, high = 0;   // equity, USD
  std::vector<std::pair<Instant, double>> curve;  // a point a minute
  std::optional<double> nearest;  // least distance of a mark to its liquidation price, a fraction
  uint64_t margin_calls = 0, fills = 0, orders = 0;
  uint64_t forced_orders = 0, takeovers = 0, deleveraged = 0;
  std::vector<std::string> steps;  // of the venue against it, in words, the newest last
  double fees = 0, funding = 0;    // USD, paid and received
  double slippage = 0, taken = 0;  // of takers' fills against the mark, and their value, USD
  int64_t seconds_blind = 0;       // without a connection to the venue
  uint64_t orders_blind = 0;       // most that stood meanwhile
  gateways::AccountCounts counts;
};

struct AgentsCard {
  std::string venue;
  size_t accounts = 0, ruined = 0;       // ruined: less than a twentieth is left
  double median = 0, low = 0, high = 0;  // returns: middle and tenths from either end
};

class Scorecard {
 public:
  explicit Scorecard(Market& market);
  void on_second();  // samples
  // What only the ports know.
  void set_sources(std::function<size_t(size_t venue)> sockets,
                   std::function<gateways::AccountCounts(size_t venue, AccountId)> counts);
  // Orders that entered without the desk's knowing: of a journal.
  void add_orders(size_t member, uint64_t count) { cards_.at(member).orders += count; }
  // One that the exchange refused, by its reason: the venue's code is not in a journal.
  void add_refusal(size_t member, const std::string& reason);
  std::vector<AccountCard> cards() const;
  std::vector<AgentsCard> agents() const;
  std::string json() const;
  std::string text() const;

 private:
  double equity(size_t venue, AccountId account) const;
  double price_of(size_t venue, CoinId coin) const;
  void on_update(size_t venue, const gateways::DeskUpdate& update);
  void sample(size_t k, AccountCard& card);

  Market& market_;
  std::vector<AccountCard> cards_;  // as the market's members
  std::vector<std::map<AccountId, double>>
      agents_;  // by venue: a sample, with what they began with
  std::function<size_t(size_t)> sockets_;
  std::function<gateways::AccountCounts(size_t, AccountId)> counts_;
  uint64_t seconds_ = 0;
};

// Of a journal: all but what only the ports knew (requests, connections, what a port refused by
// itself), with the exchange's refusals by its own names, and with an
// amendment that loses its place as an order of its own.
struct Scored {
  Market::Replayed replayed;
  std::string text, json;
};
Result<Scored> score(const Journal& journal, const rulebooks::RulebookShelf& shelf);

}  // namespace delever::rehearsal
