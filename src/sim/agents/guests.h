// Accounts that somebody outside trades: the market keeps them, and nothing here decides for them.
#pragma once

#include "sim/kernel/population.h"

namespace delever::sim {

class Guests final : public Population {
 public:
  void open(Field&) override {}
  size_t parts() const override { return 0; }
  void decide(size_t, const World&, Outbox&) override {}
  void on_notice(uint32_t, uint32_t, const Notice&) override {}
  AccountKind kind(uint32_t) const override { return AccountKind::outside; }
};

}  // namespace delever::sim
