// Liquidations of one asset: 24 h sums by side with their interval, shares, 30-day means and
// percentiles, from single liquidations of venues and from published totals. Quantities are kept in
// the venue's own unit and valued when they are read, so neither the order of events nor that of a
// listing matters.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gauges/day_figures.h"
#include "gauges/history.h"
#include "gauges/liquidation_window.h"
#include "gauges/panel.h"
#include "gauges/prices.h"
#include "gauges/recorded_times.h"
#include "gauges/throttle.h"
#include "market/seen.h"

namespace delever::gauges {

class Liquidations {
 public:
  Liquidations(const Subject& subject, const Prices& prices)
      : subject_(subject), prices_(prices), recorded_(subject.rules.liquidation.quiet_max) {}

  void add(const Event& event, const Liquidation& liquidation);
  void add(const Event& event, const LiquidationTotal& total);
  void add(const Event& event,
           const Trade& trade);  // taker volume, which bounds a saturated minute
  RecordedTimes& recorded() { return recorded_; }
  void forget_before(Instant known);  // what no later reading needs

  void read(Panel& panel) const;
  std::vector<LiquidationDay> days(Instant at) const;
  std::vector<DayLiquidations> day_totals(Instant day) const;
  bool several() const;  // more than one source could disagree

 private:
  struct Key {
    Instant at;
    PositionSide side;
    int64_t price;
    WideQty qty;
    std::string id;
    auto tie() const { return std::tie(at, side, price, qty, id); }
    friend bool operator<(const Key& a, const Key& b) { return a.tie() < b.tie(); }
  };
  // The kinds of channel that showed something.
  struct Feeds {
    bool throttled = false, complete = false, late = false;
    void add(LiquidationFeed feed);
    void add(const Feeds& other);
  };
  struct Entry {
    int counted = 0;  // identical liquidations, the most that one message of a stream showed
    Feeds feeds;
    std::optional<Price> order, average;  // as told; which of them is in the key: price()
    struct Shown {
      SourceId source;
      Instant received;
      int count;
    };
    std::vector<Shown> shown;
  };
  // Quantities as the venue counts them, and price times quantity (1e-8): their value is asked of
  // the terms when they are read.
  struct Raw {
    Wide qty = 0, money = 0;
    void add(WideQty quantity, int64_t raw_price, int times = 1);
  };
  struct Volume {
    int64_t minute = 0;
    Raw buys, sells;
  };
  struct Channel {               // one stream's trades, or its aggregated ones
    std::deque<Volume> volumes;  // by minute, ascending; the oldest are forgotten all the time
    std::optional<int64_t> first_minute;
  };
  struct Sums {
    Raw longs, shorts;
  };
  using Entries = std::map<Key, Entry>;
  struct Market {  // one instrument
    Entries entries;
    // By side, price and size of the order, the last that was told of its fills.
    std::map<std::tuple<PositionSide, int64_t, WideQty>, Key> fills;
    std::map<std::pair<SourceId, bool>, Channel> trades;
    std::map<Instant, Sums> days;
    SeenLately seen;  // trades
  };
  // How many were received in each minute.
  class Tally {
   public:
    void count(Instant received);
    uint64_t within(Instant from, Instant to) const;  // after `from`, up to `to`
    void forget_before(Instant received);

   private:
    std::map<int64_t, uint64_t> minutes_;
  };
  struct Venue {
    std::map<InstrumentId, Market> markets;
    std::set<std::string> sources;
    // What showed the newest liquidation: a window without any is of the channels of then.
    Instant newest = Instant::min();
    Feeds newest_feeds;
    Tally unusable;  // no price or size, or too late
    Tally doubled;   // trades that one stream brought twice
  };
  struct Row {
    Instant from;
    Instant received;
    int64_t longs = 0, shorts = 0;
    // The least that was told of the same time together with it: where that is another figure,
    // nobody can say which is right.
    int64_t least_longs = longs, least_shorts = shorts;
    bool disputed() const;
  };
  struct KeptDays {  // of a moment of `day` by which the row that ends at `last` had ended
    Instant day, last;
    std::shared_ptr<const std::vector<DaySums>> days;
  };
  struct Publisher {
    std::map<Instant, Row> rows;  // by end; a vendor's rows are few enough to keep
    std::set<std::string> sources;
    mutable KeptDays kept;  // of the rows as they are
  };

  static void count(Market& market, const Key& key, int times);
  static Entries::iterator entry_of(Market& market, const Key& key, const Liquidation& told);
  static bool told_before(Market& market, const Key& key, const Liquidation& told);
  std::optional<double> dollars_of(InstrumentId id, const Raw& raw, Instant at) const;
  // Taker volume of the minute: the most that one channel shows, since all show the same trades.
  std::optional<double> volume(InstrumentId id, const Market& market, int64_t minute,
                               Raw Volume::*side) const;
  std::string notes_of(const LiquidationWindow& window, const Venue& venue, const Feeds& feeds,
                       int saturated, const std::set<std::string>& other_money) const;
  ThrottleInterval unthrottled(InstrumentId id, const Market& market,
                               std::map<int64_t, ThrottledMinute> minutes) const;
  LiquidationWindow venue_window(const std::string& name, const Venue& venue, Instant at) const;
  std::string outside_the_rule(const std::vector<LiquidationWindow>& venues,
                               const LiquidationWindow& sum) const;
  LiquidationWindow recorded_window(const std::vector<LiquidationWindow>& venues, Instant at) const;
  std::optional<LiquidationWindow> published_window(const std::string& name,
                                                    const Publisher& publisher, Instant at,
                                                    std::string& why_not) const;
  Feeds feeds_of(const Venue& venue, Instant from, Instant at) const;
  DaySums recorded_day(Instant day) const;
  std::vector<DaySums> recorded_days(Instant at) const;
  static std::vector<DaySums> sums_of_days(const Publisher& publisher, Instant at);
  std::shared_ptr<const std::vector<DaySums>> published_days(const Publisher& publisher,
                                                             Instant at) const;
  std::vector<LiquidationSeries> all_series(Instant at) const;

  const Subject& subject_;
  const Prices& prices_;
  RecordedTimes recorded_;
  std::map<std::string, Venue> venues_;
  std::map<std::string, Publisher> publishers_;
};

}  // namespace delever::gauges
