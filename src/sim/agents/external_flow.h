// Slow money from outside: a treasury that buys, a fund (ETF) whose investors come and go, a
// foundation that spends coins. It works on its own clock, in even slices on one market, and looks
// at the price at most through `elasticity`.
#pragma once

#include "sim/agents/trader.h"

namespace delever::sim {

class ExternalFlow final : public Population {
 public:
  explicit ExternalFlow(const ExternalFlowSetup& setup) : setup_(setup) {}
  void open(Field& field) override;
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t, uint32_t index, const Notice& n) override {
    desk_.on_notice(*world_, Desk::seat_of(index), n);
  }
  AccountKind kind(uint32_t) const override { return AccountKind::outside; }

 private:
  ExternalFlowSetup setup_;
  uint32_t stream_ = 0;
  Desk desk_;
  double owed_ = 0;  // USD, signed: what the schedule is ahead of the trades
  const World* world_ = nullptr;
};

}  // namespace delever::sim
