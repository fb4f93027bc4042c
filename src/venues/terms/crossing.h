// CrossCheck: whether the best bid of a book that is being recorded has come to stand at or above
// its best ask. Readers stop to serve such a book (codec/book.h) until a snapshot comes, so that a
// recorder which does not see it records changes of a book that nobody can use. Prices alone are
// kept, the best few hundred of each side: deeper ones cross nothing before they are told again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "venues/terms/dialect.h"

namespace delever::venues {

class CrossCheck final : public BookCheck {
 public:
  // Where the object with the levels of a message is: "b" and "a", or "bids" and "asks", as lists
  // of [price, size ...], or of [what happens, price, size].
  using Levels = std::string_view (*)(std::string_view bytes);

  // Where snapshots come from: among the changes; or by another road, to be continued by changes
  // that were heard before them. Of those the one that ends where the snapshot does is in it
  // already, and at Binance's futures is applied over it all the same.
  enum class Base : uint8_t { among, apart, apart_and_repeated };

  // `depth`: levels a side that the channel promises; 0: all.
  CrossCheck(Levels levels, uint32_t depth, Base base)
      : levels_(levels), depth_(depth), from_(base) {}
  BookFault fault_of(std::string_view bytes, const Place& place) override;
  void forget() override;

 private:
  struct Side {
    std::vector<int64_t> worst_first;  // prices, a bid as it is, an ask negated
    struct Change {
      bool there = false;
      uint64_t last = 0;
    };
    std::map<int64_t, Change> waiting;  // the last word on each price, and whose it is
    std::optional<int64_t> unknown_to;  // of prices this bad and worse the word was not kept

    void set(int64_t price, bool there);
    void cut(size_t most);
    void wait(int64_t price, Change change);
    void catch_up(const Side& before, uint64_t first);
  };
  bool read(std::string_view list, bool bid, const Place& place);

  const Levels levels_;
  const uint32_t depth_;
  const Base from_;
  Side bids_, asks_;
  bool kept_ = false;
  uint64_t first_ = 0;  // apart: changes that end before it are in the snapshot
};

}  // namespace delever::venues
