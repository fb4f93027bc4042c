// Panel: where the gauges of one moment put their readings. It turns the estimates of several
// sources into one reading with a state, by the rules' bands and the sources' origins, the same way
// for every gauge.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gauges/reading.h"
#include "gauges/rules.h"
#include "market/event.h"

namespace delever::gauges {

inline constexpr Duration kDay = Duration::days(1);

// What every gauge is given.
struct Subject {
  std::string asset;
  const Rules& rules;
  const Instruments& instruments;
  const std::vector<Source>& sources;

  const std::string& source_name(const Event& event) const;
  // The terms as they are known now; a description that comes later changes them for what came
  // before as well.
  const Terms& terms(InstrumentId id) const;
  void described(InstrumentId id, Instant at, std::string_view status);
  // "BTC-USDT-PERP: listed as Closed since ..." where that was the venue's last word at `t`.
  std::optional<std::string> closed(InstrumentId id, Instant t) const;
  bool mine(InstrumentId id) const;  // an instrument of the asset
  bool in_dollars(const Terms& terms) const { return rules.counts_as_usd(terms.quote); }
  // The canonical name with the plain coin in it: 1000PEPE-USDT-PERP is PEPE-USDT-PERP.
  std::string plain_name(InstrumentId id) const;

  // By instrument, as far as asked; references to terms stand while more are added.
  mutable std::deque<std::optional<Terms>> known_terms{};
  mutable std::vector<std::optional<bool>> is_mine{};
  std::set<InstrumentId> listed{};
  // What the venue called it, by when.
  std::map<InstrumentId, std::map<Instant, std::string>> statuses{};
};

// What one source says. low and high as in Reading: a missing end is unbounded; both equal to
// value: exact.
struct Estimate {
  std::string label;  // "binance", "coinglass"
  double value = 0;
  std::optional<double> low, high;
  Instant as_of;
  std::set<std::string> sources{};
  Origin origin{};
  double coverage = 1;
  std::string note;

  static Estimate exact(std::string label, double value, Instant as_of) {
    return {.label = std::move(label), .value = value, .low = value, .high = value, .as_of = as_of};
  }
};

// What the last review decided about one gauge. Sources aside come back, and sides in conflict
// agree again, only inside half the band.
struct Standing {
  std::set<std::string> aside;
  bool conflict = false;
  friend bool operator==(const Standing&, const Standing&) = default;
};
using Standings = std::map<std::string, Standing>;  // by gauge, venue and expiry

class Panel {
 public:
  // A review takes the standings alone: what a single source says decides nothing there, and no
  // reading is written.
  enum class For { readings, review };
  Panel(const Subject& subject, Instant when, const Standings& past, For purpose = For::readings)
      : at(when), subject_(subject), past_(past), reviews_(purpose == For::review) {}
  bool reviews() const { return reviews_; }

  struct Name {
    std::string_view name, unit;
    Duration window;
    std::string_view section;  // of the rule file
    std::optional<std::string> venue = std::nullopt;
    std::optional<Instant> expiry = std::nullopt;
  };
  // One reading from the estimates that there are. `missing` is the reason when there is none.
  void settle(const Name& name, std::vector<Estimate> estimates, Band band,
              std::string_view missing);
  void pending(const Name& name, std::string_view reason);
  // Pending with an interval: the evidence bounds the figure and gives no number in it. The note is
  // the reason.
  void only_band(const Name& name, const Estimate& estimate);

  const Instant at;
  std::vector<Reading> readings;
  Standings standings;  // what this moment would decide; a review keeps it

 private:
  Reading blank(const Name& name) const;
  const Subject& subject_;
  const Standings& past_;
  const bool reviews_;
};

// Numbers in reasons: four significant digits, or whole from 1,000 on. Ages: "5d 18h", "12m".
std::string short_number(double value);
std::string short_age(Duration age);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace delever::gauges
