// Institutions on portfolio margin: short a perpetual, long the coin, paid by funding. Their target
// grows from nothing at `funding_in` to the whole capacity at `funding_full`, shrinks below
// `funding_out`, stays in between, and is approached with a half-life. Where the venue takes coins
// as margin, the coins that hedge the short also back it (multi-asset mode); without `portfolio`
// only cash does, and a rally liquidates what a hedge should have carried. When equity /
// maintenance falls below `derisk_below`, a fifth of the position is closed at each look.
#pragma once

#include "sim/agents/trader.h"

namespace delever::sim {

class Carry final : public Population {
 public:
  explicit Carry(const CarrySetup& setup) : setup_(setup) {}
  void open(Field& field) override;
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t venue, uint32_t index, const Notice& n) override;
  AccountKind kind(uint32_t) const override { return AccountKind::portfolio; }

  void stand(const World&, uint32_t book, std::vector<Counterparty>& out) const override;
  void back(Field& field, uint32_t seat, double coins) override;
  Hedge hedge(uint32_t index) const override;

  struct Seat {
    uint32_t book = 0;  // the perpetual
    AccountId account = 0;
    uint32_t spot_book = 0;
    AccountId spot_account = 0;
    double coins = 0;      // of the perpetual, signed
    double spot_owed = 0;  // coins that the hedge is short of
    double capacity = 0;   // coins
    double hedge = 0;      // coins on spot against the position of the start
  };
  const std::vector<Seat>& seats() const { return seats_; }

 private:
  void fund(Field& field, size_t seat,
            double coins);  // brings the coins and the cash for a short of that many
  CarrySetup setup_;
  uint32_t stream_ = 0, period_ = 1;
  std::vector<Seat> seats_;
  std::vector<std::unique_ptr<Venue>>* venues_ = nullptr;
  const World* world_ = nullptr;
};

}  // namespace delever::sim
