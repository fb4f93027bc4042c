// Option holders: the long side of every line, and the short side where dealers are not it. Hedged
// by what they hold, they neither panic nor are liquidated by a move that their options cover; when
// a put's delta passes
// -`monetise_delta` they sell `monetise_share` of it back to a dealer, who then has less gamma to
// hedge.
#pragma once

#include "sim/agents/dealers.h"

namespace delever::sim {

class Holders final : public Population {
 public:
  Holders(const HolderSetup& setup, const OptionBook& book, const Dealers& dealers)
      : setup_(setup), book_(&book), dealers_(&dealers) {}
  void open(Field& field) override;
  // Trades every line's open interest at its mark, dealers' part included, before the start.
  void trade_start(Field& field);
  void decide(size_t part, const World& world, Outbox& out) override;
  void on_notice(uint32_t venue, uint32_t index, const Notice& n) override;
  AccountKind kind(uint32_t) const override { return AccountKind::holder; }

 private:
  struct Holder {
    AccountId account = 0;
    std::vector<double> options;  // by line, coins
    std::vector<uint8_t> monetised;
  };
  HolderSetup setup_;
  const OptionBook* book_;
  const Dealers* dealers_;
  uint32_t stream_ = 0, period_ = 1;
  std::vector<Holder> holders_;
};

}  // namespace delever::sim
