// A population: agents of one kind. The kernel asks it what it does in each second and tells it
// what came of it.
#pragma once

#include <string_view>
#include <vector>

#include "sim/kernel/venue.h"
#include "sim/kernel/world.h"

namespace delever::sim {

// A position that somebody already held when the scenario began.
struct Held {
  uint32_t book = 0;
  AccountId account = 0;
  double coins = 0;   // negative: short
  uint32_t past = 0;  // entered at the asset's past price of this number, modulo their count
};

// Who takes the other side of what the crowd holds net on a book at the start.
struct Counterparty {
  AccountId account = 0;
  uint32_t seat = 0;  // of its population
  double share = 0;   // 0: an equal part of what those with a share leave over
};

// Coins that lie somewhere against a position of the start: their gain and that position's loss are
// one.
struct Hedge {
  uint32_t asset = 0;
  double coins = 0;
};

// What the venues look like to a population that opens its accounts.
struct Field {
  World& world;
  std::vector<std::unique_ptr<Venue>>& venues;
  Instant at;
  uint32_t population = 0;                                                      // its number
  CoinId coin(uint32_t asset) const { return static_cast<CoinId>(1 + asset); }  // 0: USDT
};

// Money for a position of the start at its venue, half of its value, and the coins that hedge it on
// a spot book.
inline void back_position(Field& field, const MarketView& perpetual, AccountId account,
                          const MarketView& spot, AccountId spot_account, double coins) {
  const double size = std::abs(coins);
  field.venues[perpetual.venue]->deposit(field.at, account, 0,
                                         0.5 * size * field.world.assets[perpetual.asset].start);
  field.venues[spot.venue]->deposit(field.at, spot_account, field.coin(spot.asset), size);
}

// A position of the crowd as it stands at the start, and when it will be closed by force.
struct StartPosition {
  uint32_t asset = 0, book = 0;
  double coins = 0, entry = 0, leverage = 0;  // negative coins: short
  bool stop = false;  // will leave a stop, from and to this share of the way to liquidation
  double stop_from = 0, stop_to = 0;
  double margin = 0,
         maintenance = 0;  // fractions of the value: what may be lost, and what must be left of it
};

enum class AccountKind : uint8_t {
  isolated,
  cross,
  portfolio,
  maker,
  dealer,
  holder,
  value,
  noise,
  arbitrage,
  outside
};
inline constexpr size_t kAccountKinds = 10;
std::string_view account_kind_name(AccountKind kind);

class Population {
 public:
  virtual ~Population() = default;
  virtual void open(Field& field) = 0;
  virtual void hold(const World&, std::vector<Held>&) {}  // what was held at the start
  virtual void stand(const World&, uint32_t, std::vector<Counterparty>&) const {}  // on this book
  // Deposits what a position of that many coins needs at the seat's venue, and the coins that hedge
  // it on spot.
  virtual void back(Field&, uint32_t, double) {}
  virtual Hedge hedge(uint32_t) const {
    return {};
  }  // what of it lies at the account of this number
  // Once a second, alone, before anybody decides.
  virtual void observe(const World&) {}
  // Independent of one another and of other populations: each writes to its own agents and its own
  // outbox.
  virtual size_t parts() const { return 1; }
  virtual void decide(size_t part, const World& world, Outbox& out) = 0;
  virtual void on_notice(uint32_t venue, uint32_t index, const Notice& notice) = 0;
  virtual void on_refused(uint32_t, uint32_t, const SubmitOrder&, Reject) {}
  virtual AccountKind kind(uint32_t index) const = 0;
  virtual std::optional<double> stop_price(uint32_t) const {
    return std::nullopt;
  }  // that an agent left at the venue
};

}  // namespace delever::sim
