// DayFigures: what is known of one UTC day of one asset once it is over, source by source. A
// Reading settles sources into one figure; whoever compares a day with the days before it needs the
// same source on both, and takes it from here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "market/event.h"

namespace delever::gauges {

class Gauges;

// The price at the end of the day. `rank`: a spot market 4, an index 3, a perpetual's trades 2, its
// mark 1; the best kind of each instrument.
struct DayClose {
  std::string venue, name, source;
  int rank = 0;
  double price = 0;  // dollars a coin
};

// Complete days alone: those that were recorded, or published, as far as the rules ask.
struct DayLiquidations {
  std::string series;  // "coinglass"; "venues": the sum of recorded events
  double long_usd = 0, short_usd = 0;
};

struct DayInterest {
  std::string venue;  // or vendor
  std::string scope;  // the contract, or what the vendor says it counted
  bool published = false,
       part = false;   // by a vendor; of some contracts, where others are open too
  bool dated = false;  // a contract that expires
  std::optional<double> coins;
  std::optional<double> contracts;  // of a vendor that states nothing else
};

struct DayFunding {
  std::string venue, name;
  bool weighted = false;  // a vendor's mean over venues, weighted by open interest
  double annual = 0;      // simple
};

// Of a vendor: dollars bid within 1 % of the price, one snapshot a day.
struct DayDepth {
  std::string source;
  double bids_usd = 0;
};

struct DayFigures {
  std::string asset;
  Instant day;                                // 00:00 UTC
  std::vector<DayClose> closes;               // the best first
  std::vector<DayLiquidations> liquidations;  // by series
  std::vector<DayInterest> interest;          // by venue, then scope
  std::vector<DayFunding> funding;            // weighted means first, then by venue
  std::vector<DayDepth> depth;
  // Long positions that a fall of 2 % would liquidate. Known of a simulated market alone.
  std::optional<double> longs_within_2pct_usd;
};

// Takes the figures of every UTC day, in one pass and without seeing ahead: put it before whatever
// feeds the gauges, and it passes events on. A day's figures are those known `delay` after its end,
// since vendors and recorders need some minutes for them; the last day's those known when the
// events end.
class DayRecorder final : public EventSink {
 public:
  struct Span {
    Duration delay;  // after the end of a day
    Instant until;   // days that end later are not taken
  };
  DayRecorder(std::vector<const Gauges*> gauges, Span span, EventSink& next)
      : gauges_(std::move(gauges)), span_(span), next_(next) {}
  void on_event(const Event& event) override;
  // By day, then in the order of the gauges; from the day of the first event on.
  std::vector<DayFigures> finish() { return days(span_.until); }
  // Of the days that end at `until`, which is not before the last event, or before.
  std::vector<DayFigures> days(Instant until) const;

 private:
  bool ends_by(Instant day, Instant until) const;
  void take(Instant day, std::vector<DayFigures>& out) const;
  void keep_depth(const Event& event);
  std::vector<const Gauges*> gauges_;
  Span span_;
  EventSink& next_;
  std::optional<Instant> day_;  // the next to be taken for good
  std::vector<DayFigures> taken_;
  struct Depth {
    Instant at;
    double bids_usd = 0;
    bool disputed = false;  // two figures of one time that differ
  };
  std::map<std::string, std::map<std::string, Depth>> depth_;  // the latest, by coin, then vendor
};

}  // namespace delever::gauges
