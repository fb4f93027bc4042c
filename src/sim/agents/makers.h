// Market makers after Avellaneda and Stoikov (2008): quotes around a reservation price
//   r = S - q gamma sigma^2 T,   half spread = (gamma sigma^2 T + (2 / gamma) ln(1 + gamma / k)) /
//   2,
// with `touch_usd` at the best price and a ladder of even density behind it, as deep as the book's
// share of `depth_usd` within 1 %. S is what all makers of an asset learn from flow: every trade
// moves it by `permanent` of its linear impact for good, and by the rest for as long as the
// pressure of that flow lasts (half-life `resilience`): the two parts of M2's impact. Linear near
// zero, as if `impact_depth_usd` stood within 1 %, square root from `concave_from` on. A share
// `pooled` of the pressure, and of the inventory, is that of all the asset's books together,
// because makers hedge on one what they took on another; the rest stays with the book that was hit.
// Without the mechanism `arbitrage` nothing is pooled. A share `news` of what the fundamental moves
// is quoted without waiting for flow.
//
// Withdrawal: depth * exp(-eta (sigma / usual - 1)^+), and no quotes at all above `pull_sigmas`. Of
// the worst withdrawal a share `caution` stays, with a half-life of its own: what is burnt once
// comes back later than calm does.
#pragma once

#include "sim/kernel/population.h"

namespace delever::sim {

// I(Q) of M2 in multiples of the price, D coins per unit log; odd in Q.
double impact(double flow, double density, double concave_from);

class Makers final : public Population {
 public:
  explicit Makers(const MakerSetup& setup) : setup_(setup) {}
  void open(Field& field) override;
  void observe(const World& world) override;
  size_t parts() const override { return ladders_.size(); }
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t venue, uint32_t index, const Notice& notice) override;
  void on_refused(uint32_t venue, uint32_t index, const SubmitOrder& order, Reject why) override;
  AccountKind kind(uint32_t) const override { return AccountKind::maker; }
  void stand(const World&, uint32_t book, std::vector<Counterparty>& out) const override;
  void back(Field& field, uint32_t seat, double coins) override;
  Hedge hedge(uint32_t index) const override { return {setup_.asset, ladders_[index].hedge}; }

  double density(uint32_t book)
      const;  // coins per unit log, one side, all makers of the book, before withdrawal

 private:
  struct Rung {
    OrderId id = 0;               // 0: nothing rests
    double price = 0, coins = 0;  // as posted
    double at = 0, size = 0;      // as wanted
    bool stays = false;
  };
  struct Ladder {
    uint32_t book = 0;
    AccountId account = 0;
    double inventory = 0;  // coins, beyond the hedged position of the start
    double hedge = 0;      // coins of this account against positions of the start
    bool posted = false;
    std::vector<Rung> bids, asks;
  };
  struct State {  // of one book
    double density = 0, pressure = 0;
  };
  void take_back(uint32_t index, Ladder& ladder, Rung& rung, double near, const World& world,
                 Outbox& out);
  void post(uint32_t index, Ladder& ladder, Rung& rung, bool buys, size_t level, const World& world,
            Outbox& out);

  MakerSetup setup_;
  uint32_t stream_ = 0;
  double fair_ = 0;         // S without pressure
  double fundamental_ = 0;  // of the second before
  double withdrawal_ = 1;
  double worst_ = 0;  // share of the depth that was once withdrawn, fading
  double pooled_pressure_ = 0, pooled_density_ = 0, pooled_inventory_ = 0;  // of all books together
  bool pulled_ = false;
  std::vector<State> states_;  // by book
  std::vector<Ladder> ladders_;
  std::vector<double> distances_;  // of the rungs, as fractions
  const World* world_ = nullptr;
};

}  // namespace delever::sim
