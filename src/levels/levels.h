// Levels (model M1): where leveraged positions of one contract stand and would be liquidated,
// inferred from what everyone can see: changes of open interest, volume at price, the taker's
// share, the mark's lows and highs. A density of coins over prices, never a target that a price is
// drawn to. Docs: docs/models/levels.md.
//
// Each contract has one long and one short, so opens and closes obey, per bar and per side s,
//   d(open interest) = opened - closed_s - liquidated_s,   opened_long = opened_short.
// One degree of freedom is not observed; the closure is LevelRules::turnover. Everything in coins,
// doubles.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "margin/price.h"

namespace delever::levels {

inline constexpr std::array<double, 10> kLeverages{2, 3, 5, 10, 20, 25, 50, 75, 100, 125};
using ByLeverage = std::array<double, kLeverages.size()>;

// Liquidation price / entry price of an isolated position that opened at this leverage, in the
// contract's first tier, by the venue's own rulebook (price.h). Missing: the venue does not offer
// it, or it would be liquidated at once.
struct LevelRatios {
  std::array<std::optional<double>, kLeverages.size()> of_long, of_short;

  const std::optional<double>& at(PositionSide side, size_t leverage) const {
    return side == PositionSide::long_side ? of_long[leverage] : of_short[leverage];
  }
};
// `price`: near which the smallest order counts as the first tier. Errors: as liquidation_prices().
Result<LevelRatios> level_ratios(const margin::Rulebooks::Compiled& book, Price price);

// One bar, a minute as a rule.
struct LevelBar {
  Instant end;
  double seconds = 60;
  double open_interest_change = 0;  // coins
  double taker_buy = 0, taker_sell = 0;
  double low = 0, high = 0;  // of the mark
  struct Traded {
    double price = 0, coins = 0;
  };
  std::vector<Traded> traded;  // volume at price; empty: evenly over low to high
  // Reported liquidations of the bar; missing where no feed was recorded (not the same as none).
  std::optional<double> liquidated_long, liquidated_short;

  double volume() const { return taker_buy + taker_sell; }
};

// Assumptions, each a figure of the model: half_life_h is fitted on a grid (level_fit.h), the
// others are not identified apart from the weights.
struct LevelRules {
  double turnover =
      0.1;  // theta: share of the volume that opens positions beyond what the balance demands
  double half_life_h = 12;  // of leveraged positions by voluntary closing; infinite: they stay
  double liquidated_share =
      0.8;  // pi: of what the mark crosses; the rest was topped up or moved in time
  double entry_step = 0.001;  // log width of an entry bucket
  // Where what was open before the first bar was entered: Laplace about the first price with this
  // scale in log (a random walk that ends at an exponential age), and survived. 0: nowhere, held
  // apart.
  double before_spread = 0;
};

// Share of opened positions by leverage, takers and makers apart; each sums to at most 1, the rest
// is hedged or so little leveraged that it is never liquidated.
struct LevelWeights {
  ByLeverage taker{}, maker{};
};
struct SideWeights {
  LevelWeights longs, shorts;
};  // who is hedged differs by side

// Coins of one side and leverage by entry bucket, crossed from the adverse end.
class LevelTrack {
 public:
  LevelTrack(PositionSide side, double ratio, double step);
  static int64_t bucket_of(double price, double step);
  void add(double price, double coins);
  void add_at(int64_t bucket, double coins);
  using Entry = std::pair<int64_t, double>;  // bucket, share
  void add_all(std::span<const Entry> entries,
               double coins);             // as add_at(bucket, coins x share) one by one
  double cross(double low, double high);  // takes away and returns what the mark has passed
  void scale(double factor);
  double total() const { return total_; }
  // Would a position entered in this bucket be liquidated at the price?
  bool passed(int64_t bucket, double price) const {
    return side_ == PositionSide::long_side ? price_of(bucket) >= price : price_of(bucket) <= price;
  }
  // Level price and coins of every bucket held.
  template <class Visit>
  void each(Visit visit) const {
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i] > 0) visit(price_of(first_ + static_cast<int64_t>(i)), cells_[i] * factor_);
    }
  }
  // The same by bucket, empty ones between as well.
  template <class Visit>
  void each_cell(Visit visit) const {
    for (size_t i = 0; i < cells_.size(); ++i)
      visit(first_ + static_cast<int64_t>(i), cells_[i] * factor_);
  }

 private:
  double price_of(int64_t bucket) const;
  void reach(int64_t low, int64_t high);  // makes room for the buckets low to high
  double edge_price(int64_t bucket);
  PositionSide side_;
  double log_ratio_, step_;
  double factor_ = 1;  // of every cell: scaling is one multiplication
  int64_t first_ = 0;  // bucket of cells_[0]
  std::vector<double> cells_;
  double total_ = 0;
  // The adverse end is asked for its price at every bar and seldom moves.
  std::optional<int64_t> edge_;
  double edge_price_ = 0;
};

// The deposits of a bar as (price, share): volume at price, else ten points evenly in log from low
// to high.
std::vector<LevelBar::Traded> entry_shares(const LevelBar& bar);

// Places what was open before: `coins` of this side and leverage, by LevelRules::before_spread
// about `price`, on levels that the price has not passed.
void place_before(LevelTrack& track, const LevelRules& rules, double price, double coins);

class LevelInventory {
 public:
  // Open interest at the start has no known entries: it is spread by before_spread and the weights,
  // or held apart, and closes away.
  LevelInventory(const LevelRatios& ratios, const LevelRules& rules, const SideWeights& weights,
                 double open_interest);
  LevelInventory(const LevelRatios& ratios, const LevelRules& rules, const LevelWeights& weights,
                 double open_interest)
      : LevelInventory(ratios, rules, SideWeights{weights, weights}, open_interest) {}

  struct Flows {
    double opened = 0;                                 // of each side
    double closed_long = 0, closed_short = 0;          // by will
    double liquidated_long = 0, liquidated_short = 0;  // by the model
  };
  Flows step(const LevelBar& bar);

  struct Level {
    double price = 0, coins = 0;
    size_t leverage = 0;
  };                                                   // leverage: index into kLeverages
  std::vector<Level> levels(PositionSide side) const;  // by leverage, then price
  double open_interest(
      PositionSide side) const;  // all that stands on it; equal on both sides, to rounding
  double leveraged(PositionSide side) const;
  double seen(PositionSide side)
      const;  // share of the open interest that was opened in sight, at the least

 private:
  struct Side {
    std::array<std::optional<LevelTrack>, kLeverages.size()> tracks;
    double unleveraged = 0, unseen = 0;
    double before = 0;  // of the leveraged: at most so much was open before the first bar
    double leveraged() const;
    double all() const { return leveraged() + unleveraged + unseen; }
  };
  const Side& side(PositionSide s) const { return s == PositionSide::long_side ? long_ : short_; }
  double crossed(Side& side, const LevelBar& bar) const;
  void close(Side& side, double coins, double wanted_share) const;
  void deposit(Side& side, const LevelWeights& weights, std::span<const LevelTrack::Entry> entries,
               double coins, double taker_share) const;
  void place(Side& side, const LevelWeights& weights, double price) const;

  LevelRules rules_;
  SideWeights weights_;
  Side long_, short_;
  bool placed_ = false;
};

}  // namespace delever::levels
