// Those who know what news is worth: they trade towards the fundamental at a speed that would close
// the gap with the half-life given at usual depth, on spot and perpetuals, inside a band not at
// all. Through them, and only through them and the flows from outside, the scenario's path reaches
// the price.
#pragma once

#include "sim/agents/makers.h"
#include "sim/agents/trader.h"

namespace delever::sim {

class Value final : public Population {
 public:
  Value(const ValueSetup& setup, const MakerSetup& makers) : setup_(setup), makers_(makers) {}
  void open(Field& field) override;
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t, uint32_t index, const Notice& n) override {
    trader_.on_notice(*world_, Trader::seat_of(index), n);
  }
  AccountKind kind(uint32_t) const override { return AccountKind::value; }
  void stand(const World& world, uint32_t book, std::vector<Counterparty>& out) const override {
    trader_.stand(world, book, setup_.standing_share, out);
  }
  void back(Field& field, uint32_t seat, double coins) override {
    trader_.back(field, seat, coins);
  }
  Hedge hedge(uint32_t index) const override {
    return {setup_.asset, trader_.seats[Trader::seat_of(index)].hedge};
  }

 private:
  ValueSetup setup_;
  MakerSetup makers_;
  uint32_t stream_ = 0;
  Trader trader_;
  const World* world_ = nullptr;
};

}  // namespace delever::sim
