// Counts of lags in steps of a sixteenth of a doubling, so that quantiles of any number of them
// cost a few kilobytes and are right to within 5 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/time.h"

namespace delever::feeds {

class LagHistogram {
 public:
  void add(Duration lag) {
    ++counts_[index(lag.ns())];
    ++total_;
    most_ = total_ == 1 ? lag : std::max(most_, lag);
  }
  uint64_t total() const { return total_; }
  Duration most() const { return most_; }
  // The least lag that at least this share of all do not exceed; `share` in (0, 1].
  Duration quantile(double share) const {
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(total_));
    uint64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (counts_[i] > 0 && seen >= wanted) return std::min(upper(i), most_);
    }
    return most_;
  }

 private:
  static constexpr int64_t kUnit = 1024;               // ns; shorter lags are one step
  static constexpr size_t kOctaves = 52, kSteps = 16;  // up to a century
  static constexpr size_t kHalf = kOctaves * kSteps;

  // Lags below zero lie before the middle, the longest first.
  static size_t index(int64_t ns) {
    const uint64_t size = ns < 0 ? 0 - static_cast<uint64_t>(ns) : static_cast<uint64_t>(ns);
    const uint64_t units = size / kUnit + 1;
    const auto octave = static_cast<size_t>(std::bit_width(units) - 1);
    const uint64_t within =
        octave >= 4 ? (units >> (octave - 4)) - kSteps : (units << (4 - octave)) - kSteps;
    const size_t step = std::min(octave * kSteps + static_cast<size_t>(within), kHalf - 1);
    return ns < 0 ? kHalf - 1 - step : kHalf + step;
  }
  static Duration upper(size_t index) {
    const bool negative = index < kHalf;
    const size_t step = negative ? kHalf - 1 - index : index - kHalf;
    const size_t octave = step / kSteps;
    const uint64_t in_sixteenths = (step % kSteps + kSteps + (negative ? 0 : 1)) << octave;
    const auto ns = static_cast<int64_t>((in_sixteenths * kUnit) / kSteps) - kUnit;
    return Duration::ns(negative ? -ns : ns);
  }

  std::array<uint64_t, kHalf * 2> counts_{};
  uint64_t total_ = 0;
  Duration most_;
};

}  // namespace delever::feeds
