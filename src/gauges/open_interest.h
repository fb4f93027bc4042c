// Open interest of one asset, one side of the market, in coins and in dollars, by venue and summed,
// and its change over 24 h counted in coins: in dollars alone a falling price looks like
// deleveraging.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gauges/day_figures.h"
#include "gauges/history.h"
#include "gauges/panel.h"
#include "gauges/prices.h"

namespace delever::gauges {

class OpenInterests {
 public:
  OpenInterests(const Subject& subject, const Prices& prices)
      : subject_(subject), prices_(prices) {}

  void add(const Event& event, const OpenInterest& interest);
  void forget_before(Instant known);

  void read(Panel& panel) const;
  // One venue at `t`, for weighting funding.
  struct Level {
    double coins = 0;
    std::optional<double> usd;
  };
  std::optional<Level> of_venue(const std::string& venue, Instant t) const;
  std::vector<OpenInterestPoint> points(Instant from, Instant at) const;
  std::vector<ContractInterest> contracts(Instant at) const;
  std::vector<DayInterest> day_interest(Instant end) const;
  bool several() const;
  // Why what is still told of a contract is of no market: it is closed, nothing was traded by its
  // candles, or neither its price nor its open interest has moved.
  std::optional<std::string> lifeless(InstrumentId id, Instant at) const;
  bool nothing_open(InstrumentId id, Instant at) const;  // the newest row is one of 0
  // The words for a price that has not moved, which of itself is no proof.
  std::optional<std::string> price_frozen(InstrumentId id, Instant at) const;

 private:
  std::string frozen_words(InstrumentId id, Duration unmoved) const;
  struct Sample {
    int64_t slot = 0;
    Instant at;
    std::optional<WideQty> contracts;
    std::optional<double> coins, usd;
    bool disputed = false;          // two figures of one time that are not the same: neither is one
    std::optional<double> least{};  // of the measure that they are compared by
    auto rank() const {
      return std::tuple(at, contracts.value_or(WideQty()), coins.value_or(0), usd.value_or(0));
    }
  };
  struct Market {
    std::vector<Sample>
        minutes;               // the last of each minute of the last 26 h, and at least the newest
    std::vector<Sample> days;  // the last of each day
    std::set<std::string> sources;
    bool published = false;          // by a vendor, over venues
    std::optional<Instant> zero_at;  // the latest row of nothing at all
    std::optional<Instant> disputed_at;  // the latest time that is told in two ways
  };
  struct Amount {
    std::optional<double> coins, usd;
    std::optional<double>
        stated_coins;  // of a publisher whose coin figure covers less than its dollars
    Instant at;
    std::string note;
  };
  struct VenueSum {
    std::optional<double> coins, usd, coins_change, usd_change;
    Instant as_of;
    bool a_part = false;  // of what a publisher counts
    // Contracts that are open and not in the sum, by what they lack.
    int coins_left_out = 0, usd_left_out = 0, without_past = 0;
    std::set<std::string> sources;
    std::string note, disputed;
  };

  static bool put(std::vector<Sample>& samples, const Sample& sample);
  const Sample* sample_at(const Market& market, Instant t) const;
  static std::optional<Duration> unmoved_for(const Market& market, Instant t);
  // As of `at`: a figure that stands before the first price is valued by the price that came.
  Amount amount(InstrumentId id, const Market& market, const Sample& sample, Instant at) const;
  VenueSum venue_sum(const std::string& venue, Instant at) const;
  std::optional<VenueSum> published(const std::string& venue, Instant at) const;
  std::set<std::string> venues(bool published) const;
  using VenueSums = std::map<std::string, VenueSum>;  // by venue or publisher
  struct Gauge;
  std::vector<std::string> left_behind(Instant at) const;  // what was measured, but too long ago
  std::optional<Estimate> over_venues(const Gauge& gauge, const VenueSums& sums) const;
  Estimate of_one(const std::string& venue, const VenueSum& one, const Gauge& gauge) const;
  static bool lower_bound(const VenueSum& one, const Gauge& gauge);
  static std::string note_of(const std::string& venue, const VenueSum& one, const Gauge& gauge);

  const Subject& subject_;
  const Prices& prices_;
  std::map<InstrumentId, Market> markets_;
};

}  // namespace delever::gauges
