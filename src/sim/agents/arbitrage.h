// Between venues: buys where an asset is cheap and sells where it is dear against the mean of all
// its books, once the gap is wider than the cost, a share of it at a time. A perpetual's usual
// distance from spot (its premium) is not a gap: it pays funding. This is what carries a cascade
// from one venue to the others.
#pragma once

#include "sim/agents/trader.h"

namespace delever::sim {

class Arbitrage final : public Population {
 public:
  Arbitrage(const ArbitrageSetup& setup, const MakerSetup& makers)
      : setup_(setup), makers_(makers) {}
  void open(Field& field) override;
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t, uint32_t index, const Notice& n) override {
    trader_.on_notice(*world_, Trader::seat_of(index), n);
  }
  AccountKind kind(uint32_t) const override { return AccountKind::arbitrage; }

 private:
  ArbitrageSetup setup_;
  MakerSetup makers_;
  uint32_t stream_ = 0;
  Trader trader_;
  const World* world_ = nullptr;
};

}  // namespace delever::sim
