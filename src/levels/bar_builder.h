// One perpetual's minutes: what levels are inferred from. Trades, marks, open interest and
// liquidations come in, minutes come out. What it has by some time can be taken off and put into
// another, which goes on as this one would.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "levels/levels.h"
#include "market/event.h"
#include "market/instrument.h"

namespace delever::levels {

// In plain coins: a contract of 1000PEPE is 1,000 of them, at a thousandth of its price.
struct LevelMarket {
  std::string venue, symbol;
  double units = 1;  // plain coins in one of the contract's own
  std::vector<LevelBar> bars;
  double open_interest_start = 0;  // coins
  std::optional<double> lot;       // median reported liquidation, coins
  std::optional<double>
      lot_weighted;  // mean square over mean: in its counts compound sizes are near Poisson
  Duration gap_max;  // between two readings of the open interest in the last 6 h

  std::string name() const { return venue + " " + symbol; }
};

// What was last, by the time of it: a list that comes later tells of what was before.
struct PriceRange {
  double low = 0, high = 0, last = 0;
  Instant last_at;
  bool seen = false;
  void add(Instant at, double price);
};
struct InterestAt {
  Instant at;
  double coins = 0;
};
struct Minute {
  double buys = 0, sells = 0;
  PriceRange marks, trades;                       // trades: of no account once there are marks
  std::vector<std::pair<double, double>> traded;  // entry bucket and coins, in order
  std::optional<InterestAt> open_interest;
  void add_traded(double bucket, double coins);
};

// What changed in a builder, apart from its liquidations: minutes whole, the rest where it is
// another than before.
struct BarChanges {
  std::vector<std::pair<int64_t, Minute>> minutes;  // by their number
  std::optional<InterestAt> first;
  std::optional<Instant> first_reading;
  std::optional<Price> last_price;
  std::vector<Instant> readings;  // of the open interest
};

inline constexpr Duration kReadingsKept = Duration::hours(6);  // LevelMarket::gap_max

class BarBuilder {
 public:
  // `throttle`: of the liquidations of one such stretch only the last is kept, as Binance's feed
  // does with a second.
  explicit BarBuilder(const Instrument& instrument, double units = 1,
                      std::optional<Duration> throttle = {})
      : instrument_(instrument), units_(units), throttle_(throttle) {}

  void on_event(const Event& event);
  std::optional<LevelMarket> market(Instant now) const;  // missing: no open interest, no trades

  // From now on it knows what changed.
  void keep_changes() { keeps_changes_ = true; }
  // Since the last time; of the readings those after `end`, which nobody has received yet.
  BarChanges take_changes(Instant end);
  BarChanges everything() const;
  void put(BarChanges&& changes);
  // Minutes before this one are not kept; an event that belongs there is lost, and then so is what
  // is taken off.
  void forget_before(int64_t minute);
  bool has_lost() const { return lost_; }
  const Instrument& instrument() const { return instrument_; }
  double units() const { return units_; }

 private:
  struct Report {
    Instant at;
    PositionSide side;
    double coins;
  };
  Minute& at(Instant t) {
    const int64_t number = t.ns() / 60'000'000'000;
    if (last_minute_ == nullptr || number != last_number_) look_up(number);
    return *last_minute_;
  }
  void look_up(int64_t number);
  std::vector<Report> kept_reports() const;

  const Instrument instrument_;
  const double units_;
  std::optional<Duration> throttle_;
  std::map<int64_t, Minute> minutes_;
  Minute* last_minute_ = nullptr;  // the one asked for last
  int64_t last_number_ = 0;
  bool keeps_changes_ = false;
  std::set<int64_t> changed_;  // minutes
  int64_t kept_from_ = INT64_MIN;
  bool lost_ = false;
  std::optional<InterestAt> first_;
  bool first_changed_ = false;
  std::optional<Price> last_price_;
  double bucket_ = 0;    // of that price
  bool priced_ = false;  // bucket_ is
  std::vector<Report> reports_;
  std::optional<Instant> first_reading_;  // of the open interest
  bool first_reading_changed_ = false;
  std::set<Instant> readings_;  // those that may be asked for
};

// Written down and taken up again (codec/handover.h).
template <class State>
void hand_over(State& state, PriceRange& range) {
  auto& [low, high, last, last_at, seen] = range;
  state.fields(low, high, last, last_at, seen);
}
template <class State>
void hand_over(State& state, InterestAt& interest) {
  auto& [at, coins] = interest;
  state.fields(at, coins);
}
template <class State>
void hand_over(State& state, Minute& minute) {
  auto& [buys, sells, marks, trades, traded, open_interest] = minute;
  state.fields(buys, sells, marks, trades, open_interest);
  state.list(traded);
}
template <class State>
void hand_over(State& state, BarChanges& changes) {
  auto& [minutes, first, first_reading, last_price, readings] = changes;
  state.fields(first, first_reading, last_price);
  state.list(minutes);
  state.list(readings);
}

}  // namespace delever::levels
