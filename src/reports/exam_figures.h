// The figures of a tape that an examination of the claims check prints: true ones, and the same
// ones after a known mistake. The mistakes are made here by arithmetic of their own, on readings
// and on the open interest of the events themselves, and know nothing of how a claim is checked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "gauges/claims.h"
#include "gauges/rules.h"
#include "market/event.h"

namespace delever::reports {

// What the contracts of one venue hold, counted from the last message of each.
struct HeldContracts {
  double contracts = 0, coins = 0;
  double linear_coins = 0, inverse_coins = 0;
};

// One coin at one moment.
struct ExamMoment {
  std::vector<gauges::Reading> readings;
  std::map<std::string, HeldContracts> held;  // by venue
};

// When a figure is of: a day that ended, or an hour. The times around it are needed as well.
struct ExamTime {
  Instant end;
  bool whole_day = false;
};

// One figure that could be printed. `truth` and `printed` in plain units; equal in a true one.
struct ExamFigure {
  std::string asset;
  std::optional<std::string> venue;
  std::string quantity;  // the gauge, or "funding_rate_8h"
  ExamTime time;
  double truth = 0, printed = 0;
  std::string mistake;  // of gauges::known_mistakes(); empty: true
};

// By asset and time.
using ExamMoments = std::map<std::string, std::map<Instant, ExamMoment>>;

// The times that figures at `times` need, none after `at`; sorted.
std::vector<Instant> exam_times(const std::vector<ExamTime>& times, Instant at);

std::vector<ExamFigure> true_figures(const ExamMoments& moments,
                                     const std::vector<ExamTime>& times);
std::vector<ExamFigure> wrong_figures(const ExamMoments& moments,
                                      const std::vector<ExamTime>& times);

// The figure as an author prints it: words, unit, digits and window drawn.
gauges::Claim print_figure(const ExamFigure& figure, const std::string& id, Random& random);

// Open interest of every contract, by the last message of each.
class ContractsHeld final : public EventSink {
 public:
  ContractsHeld(const gauges::Rules& rules, const Instruments& instruments)
      : rules_(rules), instruments_(instruments) {}
  void on_event(const Event& event) override;
  // `price`: dollars of one coin, for contracts of dollars; missing leaves those venues out.
  std::map<std::string, HeldContracts> of(const std::string& asset, Instant at,
                                          std::optional<double> price) const;

 private:
  struct Last {
    std::optional<double> contracts, coins;
    Instant at;
  };
  const gauges::Rules& rules_;
  const Instruments& instruments_;
  std::map<InstrumentId, Last> last_;
};

}  // namespace delever::reports
