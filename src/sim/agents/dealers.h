// Option dealers. Each holds its part of every line's dealer position and hedges the delta on a
// perpetual: on schedule
// (`hedge_every`), or at once when the open delta passes the band (Whalley and Wilmott 1997 give
// its cube-root law; here its width is a share of the gross position), in even slices over
// `slice_over`. Short gamma sells into a fall, long gamma buys it; `without gamma` freezes the
// hedge of the start.
#pragma once

#include "sim/agents/option_book.h"
#include "sim/kernel/population.h"

namespace delever::sim {

class Dealers final : public Population {
 public:
  Dealers(const DealerSetup& setup, const OptionBook& book) : setup_(setup), book_(&book) {}
  void open(Field& field) override;
  void hold(const World& world, std::vector<Held>& out) override;
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t venue, uint32_t index, const Notice& n) override;
  AccountKind kind(uint32_t) const override { return AccountKind::dealer; }

  size_t size() const { return dealers_.size(); }
  AccountId option_account(size_t dealer) const { return dealers_[dealer].option_account; }
  double net_delta(uint32_t asset) const;  // of the options, all dealers, coins
  double hedged(uint32_t asset) const;     // coins of perpetual held
  double traded(uint32_t asset) const {
    return traded_.empty() ? 0 : traded_[asset];
  }  // signed coins since the start

 private:
  struct Hedge {
    uint32_t book = 0;
    AccountId account = 0;
    double coins = 0;
    double work = 0;  // signed coins still to be traded
    double slice = 0;
    uint32_t looked = 0;  // step of the last scheduled look
  };
  struct Dealer {
    AccountId option_account = 0;
    std::vector<double> options;  // by line, coins
    std::vector<Hedge> hedges;    // by asset
  };
  DealerSetup setup_;
  const OptionBook* book_;
  uint32_t stream_ = 0;
  std::vector<Dealer> dealers_;
  std::vector<double> traded_;
  const World* world_ = nullptr;
};

}  // namespace delever::sim
