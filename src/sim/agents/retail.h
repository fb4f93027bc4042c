// The crowd: accounts on isolated (some on cross) leverage, one asset and one venue each. One
// record of a few dozen bytes each, so that a hundred thousand of them cost little
// (bytes_per_account).
// What an account does is looked at every `decide_every`, each account in its own second, so that
// each second has its share of them.
//
// Flat:    opens at the rate l0 exp(momentum z + dip 1{drawdown below -k sigma and the last minute
// up}), long with
//          probability 1 / (1 + exp(-2 z)) moved to the crowd's long share; a dip is bought long.
//          An account that was liquidated comes back with probability p within an hour: the channel
//          of "false peace".
// In:      closes by half-life, and in panic at rate h0 exp(4 (loss / margin - 0.5)^+) once half
// its margin is gone.
//          A stop is left with the venue at U(a, b) of the way to liquidation.
// Rules: docs/models/simulation.md (M3).
#pragma once

#include <functional>

#include "sim/kernel/population.h"

namespace delever::sim {

class Retail final : public Population {
 public:
  explicit Retail(const RetailSetup& setup) : setup_(setup) {}
  void open(Field& field) override;
  void hold(const World& world, std::vector<Held>& out) override;
  void observe(const World& world) override;
  size_t parts() const override { return kParts; }
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t venue, uint32_t index, const Notice& notice) override;
  void on_refused(uint32_t venue, uint32_t index, const SubmitOrder& order, Reject why) override;
  AccountKind kind(uint32_t i) const override {
    return seats_[i].cross ? AccountKind::cross : AccountKind::isolated;
  }

  std::optional<double> stop_price(uint32_t i) const override {
    if (seats_[i].stop == 0 || seats_[i].stop_ticks == 0) return std::nullopt;
    return seats_[i].stop_ticks * world_->markets[seats_[i].book].tick;
  }

  size_t size() const { return seats_.size(); }
  void each_start(const World& world, const std::function<void(const StartPosition&)>& each) const;
  static size_t bytes_per_account();
  uint32_t liquidated(uint32_t i) const { return seats_[i].liquidations; }

 private:
  static constexpr size_t kParts = 8;  // of a second's accounts, whatever the number of threads
  // One account. A look reads one of them in thirty or so, so what it reads stands together.
  struct alignas(64) Seat {
    double coins = 0;    // signed position
    double cost = 0;     // USD at entry, >= 0
    OrderId stop = 0;    // 0: none
    float notional = 0;  // USD
    float leverage = 0;
    uint32_t book = 0;
    AccountId account = 0;
    int32_t stop_ticks = 0;        // of the stop last sent
    int32_t liquidated_step = -1;  // -1: not lately
    uint16_t liquidations = 0;
    bool cross = false, wants_stop = false;
  };
  void consider(uint32_t i, double first_draw, const World& world, Outbox& out);
  void act(uint32_t i, const MarketView& book, const World& world, Outbox& out);
  static bool is_due(const Seat& seat);
  void note_due(uint32_t i) { due_[i] = is_due(seats_[i]); }
  bool stays(const Seat& seat, double first_draw, const World& world, const MarketView& book) const;
  double closing_chance(const Seat& seat, const MarketView& book) const;
  void enter(uint32_t i, const World& world, Outbox& out, bool buys, Random& random);
  void leave(uint32_t i, const World& world, Outbox& out);

  RetailSetup setup_;
  uint32_t stream_ = 0;  // this crowd's first number within Stream::retail
  uint32_t period_ = 1;  // seconds between looks
  // Of this second, the same for every account.
  bool dip_ = false;
  double opens_ = 0,
         long_share_ = 0;  // chance that a flat account opens at a look, and that it opens long
  double closes_ = 0;      // chance that one without a large loss closes
  // No account opens or closes by chance whose first draw has these bits or more.
  uint64_t acts_below_ = 0;
  std::vector<Seat> seats_;
  std::vector<uint8_t> due_;  // is_due() of each: kept, so that most looks read no seat
  const World* world_ = nullptr;
};

}  // namespace delever::sim
