// The kernel. Time runs in seconds: at the beginning of each, agents see the state that the second
// before left behind (world.h) and decide; what they send arrives after each sender's own latency,
// at nanosecond times, and every venue takes what arrives in order of arrival; then its clock
// ticks. Decisions of one second and the seconds of different venues are independent, so both run
// on any number of threads with the same result, bit for bit.
#pragma once

#include <functional>
#include <memory>

#include "sim/kernel/venue.h"
#include "sim/lineage.h"
#include "sim/outcome.h"
#include "sim/scenario/scenario.h"

namespace delever::sim {

// What a run writes besides its outcome. Called from one thread, in order of time.
class Output {
 public:
  virtual ~Output() = default;
  // One venue's messages of one second, '\n' after each. `stream` counts venues from 0.
  virtual Result<void> on_lines(size_t stream, Instant received, std::string_view lines) = 0;
  // The truth beside the tape: rows of CSV.
  virtual Result<void> on_positions(std::string_view rows) = 0;
  virtual Result<void> on_accounts(std::string_view rows) = 0;
  // Once, at the scenario's report_at, for each asset: the leveraged accounts in the form of
  // `delever stress --book`.
  virtual Result<void> on_book(std::string_view, std::string_view) { return {}; }  // asset, rows
};

// From this second on the fundamental of an asset moves by a fraction, log-linear over so many
// seconds, and stays there.
struct Drop {
  uint32_t asset = 0;
  size_t second = 0, over = 1;
  double fraction = 0;  // -0.05: five percent down
};

class Simulation {
 public:
  struct Options {
    uint64_t seed = 1;
    unsigned threads = 1;
    Switches switches;
    std::vector<Branch> branches;  // fresh randomness from these seconds on, ascending
    std::optional<double> shock;   // normal draw of [shock]; missing: drawn from the seed
    // After each second, where given: the outcome so far. true: the run ends here.
    std::function<bool(uint32_t seconds, const Outcome& so_far)> stop_when;
    Output* output = nullptr;  // none: nothing is written
    std::function<void(size_t done, size_t steps)> progress;
  };
  struct StreamNames {
    std::string name, venue;
  };

  static Result<std::unique_ptr<Simulation>> open(const Scenario& scenario, Options options);
  ~Simulation();
  Result<Outcome> run();  // once

  // In steps, in place of run(), so that others take part: open_guest() as often as wanted,
  // start(), and for each second begin(); decide() until it is true; whatever the venues are told
  // between their arrivals; end(). With nobody else the result is that of run().
  AccountId open_guest(size_t venue, CollateralMode collateral);
  Result<void> start();
  void begin();
  bool decide(size_t parts);  // so many more; true: all have, and the arrivals stand ready
  Result<void> end();
  Result<Outcome> close();  // after the last second
  size_t second() const;    // that is at hand, or comes next
  size_t venues() const;
  Venue& venue(size_t number);
  const Venue& venue(size_t number) const;
  const Scenario& scenario() const;
  const World& world() const;
  const Outcome& so_far() const;
  uint64_t state_hash() const;  // of all exchanges, now
  // Between end() and begin(), or before the first.
  void drop(const Drop& drop);
  void show_depth(double share);  // of what makers would quote
  void halt(size_t venue, bool on);

  void each_start(const std::function<void(const StartPosition&)>& each) const;  // before run()
  std::vector<StreamNames> streams() const;
  // For tests: positions of one instrument over all accounts must net to nothing, and every venue's
  // books must balance.
  Result<void> check_balance() const;
  double last_book_price(
      size_t book) const;  // the middle of the n-th book, in the scenario's order
  static std::string_view positions_header();
  static std::string_view accounts_header();
  static std::string_view book_header();

 private:
  struct State;
  explicit Simulation(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace delever::sim
