// One venue of the simulation: a real Exchange, the messages that are on their way to it, and what
// it said in the last second. Venues share nothing, so their seconds may run on different threads.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/kernel/world.h"
#include "venues/simulated/encode.h"

namespace delever::sim {

struct Owner {
  uint32_t population = 0;
  uint32_t index = 0;  // within the population
};

struct Refused {
  AccountId account = 0;
  Reject why = Reject::none;
  CommandBody body;
};

struct ForcedClose {
  Instant at;
  InstrumentId instrument = 0;
  AccountId account = 0;
  PositionSide side = PositionSide::long_side;
  double coins = 0, price = 0;
};

struct Deleveraged {
  Instant at;
  InstrumentId instrument = 0;
  AccountId account = 0;  // the winner whose position was cut
  double usd = 0;
};

class Venue final : public exchange::ExchangeSink {
 public:
  // `setup` names the listings; `wire` may be null: then nothing is written.
  static Result<std::unique_ptr<Venue>> open(const VenueSetup& venue, exchange::ExchangeSetup setup,
                                             Instant start,
                                             std::unique_ptr<venues::SimulatedEncoder> wire);

  // Before the start: takes effect at once. Returns the account that was opened, where one was.
  Reject now(Instant at, const CommandBody& body);
  // The same for what the start cannot do without: the first refusal is kept, and the scenario is
  // at fault.
  void must(Instant at, const CommandBody& body, std::string_view what);
  const std::optional<Error>& trouble() const { return trouble_; }
  AccountId open_account(Instant at, Owner owner, CollateralMode collateral,
                         OrderMargin orders = OrderMargin::mark);
  void deposit(Instant at, AccountId account, CoinId coin, double amount);

  void schedule(
      const Message& message);  // arrivals before the second at hand count as its beginning
  // Everything that arrives in [from, from + 1 s), then the clock where the venue's interval is up.
  void run_second(Instant from) {
    begin_second(from);
    end_second();
  }
  // The same in parts, so that others may enter commands between arrivals. An arrival whose time
  // lies behind such a command takes the command's time.
  void begin_second(Instant from);
  void advance_to(Instant at);         // arrivals at or before this
  void advance_by(uint32_t arrivals);  // until so many of this second's have been taken
  void end_second();
  uint32_t taken() const { return next_; }  // arrivals of this second so far
  Reject enter(Instant at, const CommandBody& body);
  // Hears everything besides; null: nobody.
  void listen(exchange::ExchangeSink* other) { other_ = other; }
  // A venue that is halted takes no orders; what is cancelled is cancelled, and the clock goes on.
  void halt(bool on) { halted_ = on; }
  bool halted() const { return halted_; }
  void forget();  // what was said so far
  void start_recording() { recording_ = wire_ != nullptr; }

  exchange::Exchange& exchange() { return *exchange_; }
  const exchange::Exchange& exchange() const { return *exchange_; }
  const VenueSetup& setup() const { return *setup_; }
  const exchange::ExchangeSetup& exchange_setup() const { return exchange_setup_; }
  venues::SimulatedEncoder* wire() { return wire_.get(); }
  const Owner& owner(AccountId a) const { return owners_[a]; }
  size_t instruments() const { return flow_.size(); }

  // Of the last second, in the order in which it happened.
  const std::vector<Notice>& notices() const { return notices_; }
  const std::vector<Refused>& refused() const { return refused_; }
  const std::vector<ForcedClose>& forced() const { return forced_; }
  const std::vector<Deleveraged>& deleveraged() const { return deleveraged_; }
  double flow(InstrumentId i) const {
    return flow_[i];
  }  // signed, in units of the venue's quantity
  double volume(InstrumentId i) const { return volume_[i]; }
  struct Settled {
    InstrumentId instrument;
    double annual;
  };
  const std::vector<Settled>& settled_rates() const {
    return settled_rates_;
  }  // funding that was paid, simple, a year
  double funding_received(AccountId a) const {
    return funding_[a];
  }  // in the settlement coin, since the start

  uint64_t messages = 0, events = 0, refusals = 0;  // since the start
  std::vector<uint64_t> refusals_by_reason;

  void on_event(const Event& event) override;
  void on_notice(const Notice& notice) override;

 private:
  Venue(const VenueSetup& setup, std::unique_ptr<exchange::Exchange> exchange, Instant start,
        std::unique_ptr<venues::SimulatedEncoder> wire);
  void take(Command& command, int64_t at);

  const VenueSetup* setup_;
  exchange::ExchangeSetup exchange_setup_;
  std::unique_ptr<exchange::Exchange> exchange_;
  std::unique_ptr<venues::SimulatedEncoder> wire_;
  bool recording_ = false;
  Instant start_;
  int64_t tick_seconds_ = 1;
  static constexpr size_t kRing = 4096;  // seconds ahead; an hour's latency at most
  std::vector<std::vector<Command>> ring_;
  // Emptied queues, the last one first: most messages arrive within a second or two, so a few
  // buffers serve all seconds and stay in the cache.
  std::vector<std::vector<Command>> spare_;
  std::optional<Error> trouble_;
  size_t second_ = 0;
  std::vector<std::pair<int64_t, uint32_t>> order_;
  Instant from_;  // of the second at hand
  uint32_t next_ = 0;
  exchange::ExchangeSink* other_ = nullptr;
  bool halted_ = false;
  std::vector<Owner> owners_;
  std::vector<double> funding_;
  std::vector<Notice> notices_;
  std::vector<Refused> refused_;
  std::vector<ForcedClose> forced_;
  std::vector<Deleveraged> deleveraged_;
  std::vector<Settled> settled_rates_;
  std::vector<double> flow_, volume_;
  std::vector<double> contract_size_;
  AccountId last_closed_ =
      0;  // the account of the last taker's fill or takeover: whose liquidation an event tells
};

}  // namespace delever::sim
