// What the page draws beside the readings: minute prices of one coin's markets, what was forced
// closed in each minute by side, and the waves in it. All of it was known when it was asked.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "market/event.h"
#include "market/instrument.h"
#include "market/seen.h"
#include "market/terms.h"

namespace delever::reports {

struct PriceBar {
  Instant from;
  double open = 0, high = 0, low = 0, close = 0;
  // Traded; missing of marks, of candles without a volume, and where nothing says how many coins a
  // contract is.
  std::optional<double> coins;
};

// Candles of one span.
struct CandleBars {
  Duration span;
  std::vector<PriceBar> bars;  // by time
};

// One market, in dollars a plain coin. From its trades, else its candles, else its marks.
struct PriceSeries {
  std::string venue, symbol, name;
  InstrumentKind kind = InstrumentKind::spot;
  std::string from;  // "trades", "candles", "marks"
  Duration span = Duration::minutes(1);
  std::vector<PriceBar> bars;  // by time; a span without a price has none
  std::optional<double> coins;  // traded in all of them
  // Candles of longer spans than these, shortest first: archives of days reach further back than
  // those of hours.
  std::vector<CandleBars> longer = {};
};

struct ForcedSpan {
  Instant from;
  double long_usd = 0, short_usd = 0;
  uint64_t count = 0;
};
struct ForcedSeries {
  std::string venue;
  std::vector<ForcedSpan> minutes;  // by time, those alone in which something was
};

// Quarters of an hour that each hold 4 % of all that was liquidated, joined where they touch: the
// rule that a rehearsal's page has (render/simulate_render.h).
struct ForcedWave {
  Instant from, to;
  double long_usd = 0, short_usd = 0;
  double price_from = 0, price_to = 0;  // 0: no price is known there
};

struct Series {
  std::string asset;
  std::vector<PriceSeries> prices;  // perpetuals by what was traded, then spot
  std::vector<ForcedSeries> forced;
  std::vector<ForcedWave> waves;
  // Contracts whose liquidations are in neither: nothing says how many coins one is.
  std::vector<std::string> left_out;
};

// The tables must outlive the events, not the series.
class SeriesBuilder final : public EventSink {
 public:
  SeriesBuilder(const std::string& asset, const Instruments& instruments, CoinNames names);
  void on_event(const Event& event) override;
  Series series() const;

 private:
  enum class From { trades, candles, marks };
  // Opens and closes by the time of its prices, in whatever order they are told.
  struct Bar : PriceBar {
    Instant first, last;
    bool at_its_end = false;  // a candle of which more may be told
  };
  using Bars = std::map<int64_t, Bar>;  // by minute
  struct Market {
    bool wanted = false, perpetual = false;
    double units = 1;
    Bars trades, marks;
    std::map<Duration, Bars> candles;  // by their span
    std::map<Duration, std::set<int64_t>> disputed;  // told in two ways
  };
  static Bar& put_bar(Bars& bars, Instant at, double price);
  static std::vector<PriceBar> in_order(const Bars& bars, std::optional<double> size);
  Market& market(InstrumentId id);
  void add(Market& market, const Instrument& instrument, const Event& event, const Trade& trade);
  void add(Market& market, const Instrument& instrument, const Event& event, const Candle& candle);
  void add(const Instrument& instrument, const Event& event, const Liquidation& forced);
  void price(Series& series) const;
  void force(Series& series) const;

  const Instruments& instruments_;
  const CoinNames names_;
  const std::string asset_;
  std::map<InstrumentId, Market> markets_;
  // By minute, in dollars of contracts of one coin, or of one dollar.
  std::map<InstrumentId, std::map<int64_t, ForcedSpan>> forced_;
  TradesOnce trades_once_;
  LiquidationsOnce liquidations_once_;
};

// What a chart by `step` shows, in bars of the longer of `step` and the market's own span. Where
// candles of several spans are known, those of one span each: a time is of those that reach
// furthest among the spans within a step, else of the shortest.
std::vector<PriceBar> by_step(const PriceSeries& series, Duration step);
// Bars of a longer span, which begins at whole multiples of it.
std::vector<PriceBar> joined(const std::vector<PriceBar>& bars, Duration span);
std::vector<ForcedSpan> joined(const std::vector<ForcedSpan>& spans, Duration span);

}  // namespace delever::reports
