// LineTable: a great many sums constant + weight_1 * value_1 + ... over a few hundred shared
// values, and which of them may be at or below zero. Floats, side by side by blocks of sixteen
// rows, so that one pass over all is limited by memory; the answer is a superset of the true one.
//
// The rounding margin: with u = 2^-24, n terms and every value rounded to float, the computed sum
// is off by at most g (|base| + sum |w_j v_j|), g = k u / (1 - k u), k = n + 4 (Higham, "Accuracy
// and Stability of Numerical Algorithms", 2nd ed., section 3.1: n products, n additions, two
// roundings to float each). base = constant - 2 g (|constant| + sum |w_j| limit_j), rounded down,
// where limit_j bounds value_j. Hence computed sum > 0 proves the true sum > 0.
//
// All widths of vector compute the same operations in the same order, so they find the same rows.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "options/batch.h"

namespace delever::watch {

class LineTable {
 public:
  using Value = uint16_t;  // number of a shared value, from 1
  struct Term {
    Value value;
    double weight;
  };
  static constexpr size_t kTermsMost = 512;

  explicit LineTable(std::optional<options::Lanes> lanes = {});

  // 0 <= value <= limit. Missing values are NaN: all rows with a term on them are found.
  Value add_value(double limit);
  size_t values() const { return values_.size() - 1; }
  void set_value(Value value, double now);
  // A new limit; every row with a term on it is found from now on, until it is set again.
  void set_limit(Value value, double limit);

  // Rows are numbered by the caller, densely. At most kTermsMost terms, each value once.
  void set(uint32_t row, double constant, std::span<const Term> terms);
  void set_always(uint32_t row) { set(row, -std::numeric_limits<double>::infinity(), {}); }
  bool erase(uint32_t row);
  size_t size() const { return size_; }
  size_t bytes() const;

  // Appends the rows whose sum may be at or below zero, in order of their numbers. Part `part` of
  // `parts` (for threads) looks at its share of the rows.
  struct Part {
    size_t part = 0, parts = 1;
  };
  void find(std::vector<uint32_t>& rows, Part part) const;
  void find(std::vector<uint32_t>& rows) const { find(rows, Part()); }

  static constexpr size_t kLanes = 16;
  struct Group {  // rows with equally many terms
    size_t terms = 0;
    std::vector<uint32_t> rows;
    std::vector<float> bases;      // [block][lane]
    std::vector<float> weights;    // [block][term][lane]
    std::vector<uint16_t> values;  // as weights; 0 where there is no term
  };

 private:
  struct Place {
    uint16_t group = kNowhere;
    uint32_t index = 0;
  };
  static constexpr uint16_t kNowhere = UINT16_MAX;
  uint16_t group_of(size_t terms);
  void remove(Place place);

  std::vector<Group> groups_;
  std::vector<Place> places_;  // by row
  std::vector<float> values_;  // [0] is 0, for rows with fewer terms than their group
  std::vector<double> limits_;
  options::Lanes lanes_;
  size_t size_ = 0;
};

}  // namespace delever::watch
