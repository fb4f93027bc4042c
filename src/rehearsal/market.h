// The living market: a simulation that others trade in. One thread; no socket and no clock: it is
// told how far to go, in market time and in work.
//
// Order, so that a journal makes the same market again: a command of somebody outside takes effect
// at the market time of its arrival, behind the arrivals of that second that its venue has taken
// already; the journal keeps their count. What changes the market from outside does so between two
// seconds.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gateways/desk.h"
#include "rehearsal/journal.h"
#include "sim/simulation.h"

namespace delever::rehearsal {

// binance, binance-spot, bybit, okx, deribit, hyperliquid: what a venue of the scenario is called.
std::string face_name(const sim::VenueSetup& venue);

// The same scenario, beginning then; options expire on whole days later.
sim::Scenario moved_to(sim::Scenario scenario, Instant from);

class Market {
 public:
  struct Options {
    uint64_t seed = 1;
    std::vector<Member> members;
    std::string journal;            // file to write; empty: none
    Clock* clock = nullptr;         // for signatures and server time
    sim::Output* output = nullptr;  // records the market as `delever simulate` would
  };
  static Result<std::unique_ptr<Market>> open(const sim::Scenario& scenario, Options options);
  ~Market();

  // ---- time
  Instant now() const;  // of the market: the last moment that was reached
  Instant end() const;
  bool over() const { return simulation_->second() >= simulation_->scenario().steps(); }
  // Takes what arrives up to `to`, seconds and their decisions included, or as much of it as
  // `pieces` of work allow; true: it is there.
  Result<bool> go_to(Instant to, size_t pieces);
  // Within the second at hand, and only what is ready: before a command is entered.
  void look_to(Instant to);

  // ---- from outside
  Result<void> push(const Push& push);  // checked; of the market: takes effect with the next second
  size_t venues() const { return doors_.size(); }
  const std::string& name(size_t venue) const;
  std::optional<size_t> find(std::string_view name) const;
  gateways::Desk& desk(size_t venue);
  const std::vector<std::pair<size_t, AccountId>>& members() const { return accounts_; }
  bool halted(size_t venue) const { return simulation_->venue(venue).halted(); }
  Result<void> flush();  // the journal
  const sim::Simulation& simulation() const { return *simulation_; }
  sim::Simulation& simulation() { return *simulation_; }
  uint64_t commands() const { return commands_; }
  // Called behind every second.
  void on_second(std::function<void()> handler) { second_handler_ = std::move(handler); }

  struct Replayed {
    uint64_t hash = 0, commands = 0, refused = 0;  // commands that were taken, and that were not
    size_t seconds = 0, hashes = 0;  // hashes: of the journal that were compared
    bool cut = false;
  };
  // An observer is given the market before its first second and behind its last; its desks hear all
  // and enter nothing.
  struct Observer {
    std::function<void(Market&)> begin, end;
  };
  // The same market from a journal. refused: where it first differs.
  static Result<Replayed> replay(const Journal& journal, const rulebooks::RulebookShelf& shelf,
                                 const Observer* observer = nullptr);

 private:
  class Door;
  explicit Market(Options options);
  Result<void> admit();
  Result<void> begin_second();
  Result<void> end_second();
  void desks_second();
  void apply_pushes();
  Reject enter(uint32_t venue, const CommandBody& body);

  Options options_;
  std::unique_ptr<sim::Simulation> simulation_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<std::pair<size_t, AccountId>> accounts_;  // by member: venue and account
  std::optional<JournalWriter> journal_;
  std::vector<std::pair<size_t, Push>> pushes_;  // that are, or will be, in force
  std::vector<Push> waiting_;                    // for the next second
  Instant now_;
  bool decided_ = false, again_ = false;
  uint64_t commands_ = 0;
  std::function<void()> second_handler_;
};

}  // namespace delever::rehearsal
