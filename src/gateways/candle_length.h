// How long the candles of a series are, and where each begins: a length is counted from 1970, weeks
// from Mondays; months have the days that the calendar gives them.
#pragma once

#include <optional>

#include "base/time.h"

namespace delever::gateways {

class CandleLength {
 public:
  constexpr CandleLength() = default;
  constexpr CandleLength(Duration length) : length_(length) {}  // a length is one
  // 1, 3, 6 or 12 of them: counted from January.
  static constexpr CandleLength of_months(int count) {
    CandleLength out;
    out.months_ = count;
    return out;
  }
  // By the clock of so many hours east of Greenwich: where days, weeks and months begin.
  CandleLength east(Duration of) const {
    CandleLength out = *this;
    out.east_ = of;
    return out;
  }
  Instant start(Instant at) const;         // of the candle that `at` lies in
  Instant end(Instant start) const;        // where the next begins
  std::optional<Duration> fixed() const {  // missing: months
    return months_ > 0 ? std::nullopt : std::optional(length_);
  }
  bool is_second() const { return months_ == 0 && length_ == Duration::seconds(1); }
  // Whether minutes can be joined to it.
  bool of_minutes() const {
    return months_ > 0 ||
           (length_ >= Duration::minutes(1) && length_.ns() % Duration::minutes(1).ns() == 0);
  }
  friend constexpr bool operator==(CandleLength, CandleLength) = default;

 private:
  Duration length_;
  int months_ = 0;
  Duration east_;
};

}  // namespace delever::gateways
