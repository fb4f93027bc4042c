// Who quotes the options of one asset, and those who come to trade them at random. Quotes stand a
// few points of volatility around each line's own, at the price of the moment, so that a chain
// lives as its underlying moves; nothing is learnt from its flow but the maker's own inventory, and
// nobody's hedge comes of it (dealers.h has those).
#pragma once

#include "sim/agents/option_book.h"
#include "sim/kernel/population.h"

namespace delever::sim {

class OptionQuotes final : public Population {
 public:
  OptionQuotes(const OptionQuoteSetup& setup, const OptionBook& book)
      : setup_(setup), book_(&book) {}
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
    int64_t ticks = 0;
    double coins = 0;
  };
  struct Quoted {  // one line of the book, of this asset
    size_t line = 0;
    double inventory = 0;          // coins of options bought less sold
    std::vector<Rung> bids, asks;  // the best first
  };
  struct Taker {
    AccountId account = 0;
    double coins = 0;  // bought less sold, over all lines
  };
  void quote(size_t number, const World& world, Outbox& out);
  void quote_side(size_t number, Side side, const World& world, Outbox& out);
  void take(size_t number, const World& world, Outbox& out);
  double value(const OptionBook::Line& line, double vol, const World& world) const;  // in coins
  std::optional<SubmitOrder> order(AccountId account, const OptionBook::Line& line, Side side,
                                   int64_t ticks, double coins) const;
  Quoted* quoted(InstrumentId instrument);

  OptionQuoteSetup setup_;
  const OptionBook* book_;
  uint32_t stream_ = 0, period_ = 1;
  AccountId maker_ = 0;
  std::vector<Quoted> quoted_;
  std::vector<Taker> takers_;
};

}  // namespace delever::sim
