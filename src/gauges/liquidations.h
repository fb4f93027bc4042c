// Liquidations of one asset: 24 h sums by side with their interval, shares, 30-day means and
// percentiles, from single liquidations of venues and from published totals. Sums are exact
// integers of 1e-6 USD, so the order of events that came together cannot matter.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gauges/history.h"
#include "gauges/liquidation_window.h"
#include "gauges/panel.h"
#include "gauges/watch.h"

namespace delever::gauges {

class Liquidations {
 public:
  explicit Liquidations(const Desk& desk) : desk_(desk), watch_(desk.rules.liquidation.quiet_max) {}

  void add(const Event& event, const Liquidation& liquidation);
  void add(const Event& event, const LiquidationTotal& total);
  void add(const Event& event,
           const Trade& trade);  // taker volume, which bounds a saturated minute
  Watch& watch() { return watch_; }
  void forget_before(Instant known);  // what no later reading needs

  void read(Panel& panel) const;
  std::vector<LiquidationDay> days(Instant at) const;
  bool several() const;  // more than one source could disagree

 private:
  struct Key {
    Instant at;
    PositionSide side;
    int64_t price, qty;
    std::string id;
    auto tie() const { return std::tie(at, side, price, qty, id); }
    friend bool operator<(const Key& a, const Key& b) { return a.tie() < b.tie(); }
  };
  struct Entry {
    int64_t usd = 0;  // 1e-6
    int counted = 0;  // identical liquidations, the most that one stream showed
    bool complete = false;
    std::vector<std::pair<SourceId, int>> shown;
  };
  struct Volume {
    int64_t minute = 0;
    Wide buys = 0, sells = 0;
  };
  struct Market {  // one instrument
    std::map<Key, Entry> entries;
    std::vector<Volume> volumes;  // by minute, ascending
    std::optional<int64_t> first_volume_minute;
  };
  struct Sums {
    Wide longs = 0, shorts = 0;
  };
  struct Venue {
    std::map<InstrumentId, Market> markets;
    std::map<Instant, Sums> days;
    std::set<std::string> sources;
    bool throttled = false, complete = false, late = false;
    uint64_t unusable = 0;  // no contract size, price or size
    Instant last;
  };
  struct Row {
    Instant from;
    Instant received;
    int64_t longs = 0, shorts = 0;
  };
  struct Publisher {
    std::map<Instant, Row> rows;  // by end; a vendor's rows are few enough to keep
    std::set<std::string> sources;
  };

  LiquidationWindow venue_window(const std::string& name, const Venue& venue, Instant at) const;
  LiquidationWindow recorded_window(const std::vector<LiquidationWindow>& venues, Instant at) const;
  std::optional<LiquidationWindow> published_window(const std::string& name,
                                                    const Publisher& publisher, Instant at,
                                                    std::string& why_not) const;
  std::vector<DaySums> recorded_days(Instant at) const;
  std::vector<DaySums> published_days(const Publisher& publisher, Instant at) const;
  std::vector<LiquidationSeries> all_series(Instant at) const;

  const Desk& desk_;
  Watch watch_;
  std::map<std::string, Venue> venues_;
  std::map<std::string, Publisher> publishers_;
};

}  // namespace delever::gauges
