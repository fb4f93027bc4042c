// Prices of one asset against the dollar: minute closes of the last 26 hours by instrument and
// kind, candles for good. From them: the reference price that turns dollars into coins, the basis,
// and realised volatility.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gauges/day_figures.h"
#include "gauges/history.h"
#include "gauges/panel.h"

namespace delever::gauges {

struct PriceAt {
  double price = 0;
  Instant at;
  std::string source, venue;
};

// The last price before the end of a minute.
struct MinutePrice {
  int64_t minute = 0;
  Instant at;
  double price = 0;
  // The square of its log return from `before`, which stood some minutes earlier: readings ten
  // minutes or an hour apart ask for nearly all the same ones.
  mutable double before = 0, square = 0;
};

// Ascending; the oldest are forgotten all the time.
using MinutePrices = std::deque<MinutePrice>;

class Prices {
 public:
  explicit Prices(const Subject& subject) : subject_(subject) {}

  void add(const Event& event, const Trade& trade);
  void add(const Event& event, const MarkPrice& mark);
  void add(const Event& event, const IndexPrice& index);
  void add(const Event& event, const Candle& candle);
  void forget_before(Instant known);

  // Dollars per coin at `t`, not older than the rule allows: an index before a spot price before a
  // perpetual's. Of the last 26 hours, and of the end of every UTC day.
  std::optional<PriceAt> reference(Instant t) const;
  // For how long nothing was traded in one instrument by its own candles, where that is a day or
  // more: it is over.
  std::optional<Duration> untraded(InstrumentId instrument, Instant t) const;
  // For how long its mark, or else its index, has not moved while nothing is known to have traded:
  // 6 h or more. Of itself no proof that nothing is behind it, for a tape may hold a still mark
  // beside rates and counts that live.
  std::optional<Duration> frozen(InstrumentId instrument, Instant t) const;
  // The latest price of one instrument at `t`: its mark, else its last trade.
  std::optional<PriceAt> of(InstrumentId instrument, Instant t, Duration stale_after) const;

  void read_level(Panel& panel) const;  // the price, and the lowest and highest of 24 h
  void read_basis(Panel& panel) const;
  void read_realized_vol(Panel& panel) const;
  std::vector<PricePoint> candles(Instant from, Instant at) const;
  std::vector<DayClose> day_closes(Instant end) const;
  bool several() const;  // of several venues

 private:
  std::string no_prices() const;  // "no prices of BTC in dollars, only in EUR, TRY"
  struct Series {
    MinutePrices points;
    std::string source;
    // Times of a mark, an index or the end of a candle that are told in two ways: no prices.
    std::set<Instant> disputed{};
  };
  // Candles of trades, by what they say was traded: archives go on with empty ones after a contract
  // was taken off.
  struct Traded {
    Instant last = Instant::min();  // end of the last with a volume
    Instant empty_from = Instant::max(), empty_to = Instant::min();
  };
  struct SeriesKey {
    InstrumentId instrument;
    PriceKind kind;
    friend auto operator<=>(const SeriesKey&, const SeriesKey&) = default;
  };
  struct Bar {
    Instant to;
    double open = 0, high = 0, low = 0, close = 0;
    Instant first, last;
    bool disputed = false;    // told twice, and not the same: counts as missing
    bool at_its_end = false;  // what is told later of it stands
  };
  struct BarKey {
    InstrumentId instrument;
    PriceKind kind;
    Duration span;
    bool built;  // from trades, here
    friend auto operator<=>(const BarKey&, const BarKey&) = default;
  };

  struct Range {
    double low = 0, high = 0;
    Instant to;
    double coverage = 0;
    std::optional<Instant> disputed{};  // the end of the last candle that was left out
  };
  std::optional<Range> day_range(InstrumentId instrument, PriceKind kind, Instant at) const;
  static int rank(const Instrument& instrument, PriceKind kind);
  static std::optional<Duration> frozen_for(const SeriesKey& key, const Series& series, Instant t);
  // Nothing is traded there any more: a mark or an index that is still told is of the last day.
  std::optional<std::string> over(const SeriesKey& key, Instant t) const;
  bool renamed(InstrumentId id) const;  // goes by a name that its coin had before
  // All series, of two that could speak for a venue the better first: by rank, the coin's name of
  // today, the money it is quoted in, and at last by name. Never by which was heard first.
  std::vector<const std::pair<const SeriesKey, Series>*> speakers() const;
  bool takes(const Event& event);  // in dollars; keeps in which money others are
  double plain(const Event& event, Price price) const;  // per plain coin
  void put(const Event& event, PriceKind kind, double price, Instant at);
  static const MinutePrice* last_at(const Series& series, Instant t);
  std::optional<PriceAt> newest_reference(Instant t) const;
  void keep_day_ends(Instant oldest);
  std::optional<PriceAt> price_at(const SeriesKey& key, const Series& series, Instant t,
                                  Duration stale_after) const;
  std::optional<PriceAt> spot_for(const std::string& venue, Instant t, Duration stale_after) const;

  const Subject& subject_;
  std::map<SeriesKey, Series> series_;
  std::map<BarKey, std::map<Instant, Bar>> bars_;
  std::map<InstrumentId, Traded> traded_;
  std::set<std::string> other_quotes_;
  // The reference at the end of each day whose minutes are gone, for good: sums of days are valued
  // by it.
  std::map<Instant, PriceAt> day_ends_;
  Instant day_ends_to_ = Instant::min();
};

// Annualised volatility of log returns, from prices by minute, ascending: the finest of 5 min, 15
// min, 30 min and 1 h steps for which `coverage_min` of a day's returns are there; steps that start
// at different minutes are averaged (subsampling). sqrt(mean r^2 * steps a day * 365). Missing when
// no step has enough.
struct RealizedVol {
  double value = 0, low = 0,
         high = 0;  // 95 % under normal returns: value * exp(-+1.96 / sqrt(2 n))
  int step_minutes = 0, returns = 0;
  double coverage = 0;
};
std::optional<RealizedVol> realized_vol(const MinutePrices& prices, int64_t end_minute,
                                        double coverage_min);

}  // namespace delever::gauges
