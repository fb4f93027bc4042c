// Funding of one asset's perpetuals: the rate now with its own interval, the mean of the last 24 h
// of settlements made annual (simple: rate * (24 h / interval) * 365), weighted by open interest,
// what it costs longs, and how far it is from neutral.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gauges/day_figures.h"
#include "gauges/history.h"
#include "gauges/open_interest.h"
#include "gauges/panel.h"
#include "market/terms.h"

namespace delever::gauges {

// Simple, as everywhere here; 43.2 % a year is 0.039452 % per 8 h. Compounded: (1 + rate)^(periods
// a year) - 1.
double annual_simple(double rate, Duration interval);
double annual_compounded(double rate, Duration interval);

// Two tellings of one rate differ by what their writers rounded away.
bool same_rate(Rate a, Rate b);

// What a venue calls the types of its settled rates, by the time of settlement.
using RateTypes = std::map<Instant, std::set<std::string>>;
// Those of (from, to] where they are two or more, for then nothing says which rates belong
// together; else none.
std::vector<std::string> several_types(const RateTypes& types, Instant from, Instant to);

class Fundings {
 public:
  Fundings(const Subject& subject, const OpenInterests& interests)
      : subject_(subject), interests_(interests) {}

  void add(const Event& event, const FundingRate& funding);
  // A venue's word for the type of the rate that was settled at the event's time.
  void add(const Event& event, const PublishedFigure& figure);
  // The venue described the instrument: its interval counts from then on, until another does.
  void listed(InstrumentId id, Instant at);
  void forget_before(Instant known);

  void read(Panel& panel) const;
  std::vector<FundingPoint> points(Instant from, Instant at) const;
  std::vector<DayFunding> day_rates(Instant end) const;
  bool several() const;  // sources of one reading

 private:
  struct Rated {
    Instant at;  // when it was said
    Rate rate;
    std::optional<Duration> interval;
    std::optional<Instant> settles_at;
    std::optional<Rate> other = std::nullopt;     // said of the same settlement, and not the same
    bool announced = false;                       // stands for a settlement that nobody reported
    std::optional<Duration> over = std::nullopt;  // of a mean
    auto rank() const { return std::pair(at, rate.raw()); }
  };
  struct Hour {
    Wide sum = 0;
    int64_t count = 0;
  };
  struct Market {
    std::map<Instant, Rated> settled;    // by nominal settlement time, for good
    std::map<Instant, Rated> announced;  // the last word before each settlement
    RateTypes types;
    std::map<Instant, Rated> means;  // by end of the period
    std::map<int64_t, Hour> hours;   // rates that accrue without settlements, 26 h
    std::optional<Rated> current, predicted;
    std::set<std::string> sources;
  };
  // How long the period of a rate is, and where that is known from.
  struct Period {
    std::optional<Duration> length;
    TermSource from = TermSource::unknown;
    int spacings = 0;           // inferred: how many say so
    bool contradicted = false;  // stated longer than settlements are apart
  };
  struct Settlement {
    Instant at;
    double rate;
    Period period;
    bool announced;
    std::optional<double> other = std::nullopt;  // another rate that was told as paid then
  };
  // The times between settlements, each by the later of its two.
  using Spacings = std::map<Instant, Duration>;
  struct Listed {
    std::optional<Duration> in_force, next;
    bool from_later = false;  // the first word came after the time: it serves what was before
    std::optional<Duration> held_over(std::optional<Duration> distance) const;
  };
  struct DayMean {
    std::optional<double> low, high;  // the annual figure where the interval is not known
    double annual = 0, compounded = 0, sum = 0;  // sum: of the rates paid
    Instant as_of;
    double coverage = 0;
    std::string note;
  };

  struct RateNow {
    std::optional<Rated> rated;
    std::string unclear;  // why it is no rate
    bool hides_predicted = false;
  };
  std::optional<std::string> lifeless(InstrumentId id, const Market& market, Instant at) const;
  static void told_twice(Rated& known, const Rated& rated, bool paid);
  RateNow rate_now(InstrumentId id, const Market& market, Instant at) const;
  static Spacings spacings_of(const Market& market, Instant from, Instant to);
  Period period_of(InstrumentId id, const Rated& rated, Instant settles_at,
                   const Spacings& spacings) const;
  std::optional<Duration> interval_of(InstrumentId id, std::optional<Duration> stated) const;
  Listed listed_at(InstrumentId id, Instant at) const;
  static bool changed_to(Duration listed, const Spacings& spacings, Instant at);
  std::optional<Duration> table_interval(InstrumentId id) const;
  std::string words_of(const Period& period) const;
  std::optional<InstrumentId> main_of(const std::string& venue, Instant at) const;
  std::vector<Settlement> settlements(InstrumentId id, const Market& market, Instant from,
                                      Instant to) const;
  // The mean of a day from means of shorter times that follow on one another, as Deribit's of 8 h.
  std::optional<DayMean> mean_of_means(InstrumentId id, const Market& market, Instant at) const;
  std::optional<DayMean> mean_of(InstrumentId id, const std::vector<Settlement>& recent,
                                 std::string& why_not) const;
  std::optional<DayMean> day_mean(InstrumentId id, const Market& market, Instant at,
                                  std::string& why_not) const;
  void read_venue(Panel& panel, const std::string& venue, InstrumentId id,
                  const Market& market) const;
  void read_weighted(Panel& panel, const std::map<std::string, InstrumentId>& mains) const;

  const Subject& subject_;
  const OpenInterests& interests_;
  std::map<InstrumentId, Market> markets_;
  std::map<InstrumentId, std::map<Instant, Duration>> listings_;  // by when they were made
};

}  // namespace delever::gauges
