#include "gateways/candle_length.h"

#include "base/result.h"
#include "base/text.h"

namespace delever::gateways {
namespace {

// Months since January of the year 0.
int64_t month_of(Instant at) {
  const std::string day = at.date();  // 2026-11-30
  return read_int(day.substr(0, 4)).value_or(0) * 12 + read_int(day.substr(5, 2)).value_or(1) - 1;
}

Instant start_of_month(int64_t month) {
  const auto at =
      Instant::from_date(static_cast<int>(month / 12), static_cast<int>(month % 12) + 1, 1);
  return at.has_value() ? at.value() : Instant::max();
}

}  // namespace

Instant CandleLength::start(Instant at_utc) const {
  const Instant at = at_utc + east_;
  if (months_ > 0) return start_of_month(month_of(at) / months_ * months_) - east_;
  const int64_t n = length_.ns();
  if (n <= 0) return at_utc;
  // 1970 began on a Thursday.
  const int64_t shift = length_ == Duration::days(7) ? Duration::days(3).ns() : 0;
  int64_t whole = (at.ns() + shift) / n;
  if ((at.ns() + shift) % n < 0) --whole;
  return Instant::ns(whole * n - shift) - east_;
}

Instant CandleLength::end(Instant start) const {
  return months_ > 0 ? start_of_month(month_of(start + east_) + months_) - east_ : start + length_;
}

}  // namespace delever::gateways
