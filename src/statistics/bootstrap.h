// Block bootstrap: how far an estimate would move had another stretch of the same market been seen.
// Blocks of neighbours are drawn with replacement, because neighbours depend on one another
// (Kuensch 1989; the series is closed to a circle, Politis and Romano 1992). Intervals hold the
// middle 95 % of the replicates.
//
// What is resampled are positions. A statistic of pairs (t, t + lag) takes positions as t, so a
// pair is never made of two neighbours of a joint between blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/random.h"

namespace delever::statistics {

// Positions in a row of n, as blocks of neighbours on a circle: kept by where each block begins, so
// that a draw from a long series takes its square root of memory. Read in order.
class Positions {
 public:
  class Iterator {
   public:
    size_t operator*() const { return at_; }
    Iterator& operator++() {
      --left_;
      if (--in_block_ == 0) {
        in_block_ = of_->block_;
        at_ = left_ > 0 ? *++start_ : 0;
      } else if (++at_ == of_->n_) {
        at_ = 0;
      }
      return *this;
    }
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    friend class Positions;
    const Positions* of_ = nullptr;
    const size_t* start_ = nullptr;
    size_t at_ = 0, in_block_ = 0, left_ = 0;
  };

  Positions() = default;
  // Every one of n, as they were.
  explicit Positions(size_t n) : n_(n), block_(n > 0 ? n : 1), starts_(n > 0 ? 1 : 0, 0) {}
  void begin_draw(size_t n, size_t block) {
    n_ = n;
    block_ = block;
    starts_.clear();
  }
  void add_block(size_t start) { starts_.push_back(start); }

  size_t size() const { return n_; }
  bool empty() const { return n_ == 0; }
  size_t operator[](size_t i) const { return (starts_[i / block_] + i % block_) % n_; }
  Iterator begin() const {
    Iterator i;
    i.of_ = this;
    i.start_ = starts_.data();
    i.at_ = n_ > 0 ? starts_[0] : 0;
    i.in_block_ = block_;
    i.left_ = n_;
    return i;
  }
  Iterator end() const { return {}; }
  bool operator==(const Positions&) const = default;

 private:
  size_t n_ = 0, block_ = 1;
  std::vector<size_t> starts_;  // as many as it takes to cover n; the last block may be cut
};
using Statistic = std::function<std::optional<double>(const Positions&)>;

struct Estimate {
  std::optional<double> value;  // on the positions as they were
  std::optional<double> low,
      high;  // of the replicates; missing when fewer than nine in ten of them have a value
};

struct BootstrapOptions {
  size_t block = 0;  // 0: the square root of n, which is long enough for the memory of volatility
  size_t replicates = 400;
  uint32_t stream = 0;  // draws of two facts of one report should differ
};

Positions resampled(size_t n, size_t block, Random& random);
size_t usual_block(size_t n);
Estimate block_bootstrap(size_t n, const Statistic& statistic, const BootstrapOptions& options);
// The middle 95 % of the replicates that have a value.
Estimate with_interval(std::optional<double> value, std::vector<double> replicates, size_t asked);

inline constexpr uint64_t kBootstrapSeed =
    20260130;  // fixed: a report must come out the same twice

}  // namespace delever::statistics
