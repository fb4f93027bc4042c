// One perpetual's minutes from a tape: what levels are inferred from (margin/levels.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "levels/levels.h"
#include "market/event.h"
#include "market/instrument.h"

namespace delever::reports {

// In plain coins: a contract of 1000PEPE is 1,000 of them, at a thousandth of its price.
struct LevelMarket {
  std::string venue, symbol;
  double units = 1;  // plain coins in one of the contract's own
  std::vector<levels::LevelBar> bars;
  double open_interest_start = 0;  // coins
  std::optional<double> lot;       // median reported liquidation, coins
  std::optional<double>
      lot_weighted;  // mean square over mean: in its counts compound sizes are near Poisson
  Duration gap_max;  // between two readings of the open interest in the last 6 h

  std::string name() const { return venue + " " + symbol; }
};

// Trades, marks, open interest and liquidations come in, minutes come out.
class BarBuilder {
 public:
  // `throttle`: of the liquidations of one such stretch only the last is kept, as Binance's feed
  // does with a second.
  explicit BarBuilder(const Instrument& instrument, double units = 1,
                      std::optional<Duration> throttle = {})
      : instrument_(instrument), units_(units), throttle_(throttle) {}

  void on_event(const Event& event);
  std::optional<LevelMarket> market(Instant now) const;  // missing: no open interest, no trades

 private:
  struct Range {
    double low = 0, high = 0, last = 0;
    bool seen = false;
    void add(double price);
  };
  struct Minute {
    double buys = 0, sells = 0;
    Range marks, trades;
    std::map<double, double> traded;  // by entry bucket
    std::optional<double> open_interest;
  };
  struct Report {
    Instant at;
    PositionSide side;
    double coins;
  };
  Minute& at(Instant t) { return minutes_[t.ns() / 60'000'000'000]; }
  std::vector<Report> kept_reports() const;

  const Instrument instrument_;
  const double units_;
  std::optional<Duration> throttle_;
  std::map<int64_t, Minute> minutes_;
  std::optional<double> first_;
  std::optional<Price> last_price_;
  std::vector<Report> reports_;
  std::vector<Instant> readings_;
};

// Every perpetual of the asset on one tape, up to `at`; what is missing of the tape is added to
// `notes`. Errors: as open_tapes.
Result<std::vector<LevelMarket>> read_level_markets(const std::string& tape,
                                                    const std::string& asset, Instant at,
                                                    std::optional<Duration> throttle,
                                                    std::vector<std::string>& notes);

}  // namespace delever::reports
