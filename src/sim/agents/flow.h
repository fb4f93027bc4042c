// Metaorders cut into children: the number of children is Pareto with exponent alpha, so that signs
// of trades stay correlated with the exponent alpha - 1 (Lillo, Mike and Farmer 2005). Uninformed:
// half buy, half sell.
#pragma once

#include "sim/agents/trader.h"

namespace delever::sim {

class Flow final : public Population {
 public:
  explicit Flow(const FlowSetup& setup) : setup_(setup) {}
  void open(Field& field) override;
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t, uint32_t index, const Notice& n) override {
    splitters_[Trader::trader_of(index)].trader.on_notice(*world_, Trader::seat_of(index), n);
  }
  AccountKind kind(uint32_t) const override { return AccountKind::noise; }

 private:
  struct Splitter {
    Trader trader;  // one seat
    uint32_t left = 0;
    double child = 0;   // signed coins
    uint32_t next = 0;  // step of the next child
  };
  FlowSetup setup_;
  uint32_t stream_ = 0;
  std::vector<Splitter> splitters_;
  const World* world_ = nullptr;
};

}  // namespace delever::sim
