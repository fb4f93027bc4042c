// A coin-margined (inverse) perpetual beside the options of a venue: a maker who quotes around the
// asset's price, and takers who come at random. Nobody holds leverage there but guests: its price
// is that of the other markets, and what is learnt from its flow is the maker's inventory alone.
#pragma once

#include "sim/kernel/population.h"

namespace delever::sim {

struct CoinMarket {  // one inverse perpetual; quantities are in quote money
  uint32_t venue = 0, asset = 0;
  InstrumentId instrument = 0;
  int64_t tick_raw = 1, step_raw = 1;
  double tick = 0, step_usd = 0;
};

class CoinMargined final : public Population {
 public:
  CoinMargined(const CoinMarginedSetup& setup, const CoinMarket& market)
      : setup_(setup), market_(market) {}
  void open(Field& field) override;
  size_t parts() const override { return 1 + takers_.size(); }
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t venue, uint32_t index, const Notice& notice) override;
  AccountKind kind(uint32_t index) const override {
    return index == 0 ? AccountKind::maker : AccountKind::noise;
  }

 private:
  struct Rung {
    OrderId id = 0;  // 0: nothing rests
    double price = 0, usd = 0;
  };
  void quote(const World& world, Outbox& out);
  void take(size_t taker, const World& world, Outbox& out);
  std::optional<SubmitOrder> order(AccountId account, Side side, double price, double usd) const;

  CoinMarginedSetup setup_;
  CoinMarket market_;
  uint32_t stream_ = 0;
  AccountId maker_ = 0;
  double inventory_usd_ = 0;
  std::vector<double> distances_;
  std::vector<Rung> bids_, asks_;
  struct Taker {
    AccountId account = 0;
    double usd = 0;  // bought less sold
  };
  std::vector<Taker> takers_;
};

}  // namespace delever::sim
