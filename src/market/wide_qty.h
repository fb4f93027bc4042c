// A quantity as a market states it: in units of 1e-8 as Qty, to 9.2e18 of them. The books of the
// cheapest coins hold levels of 1.5e11 units, beyond the 9.2e10 of 64 bits; a position or an order
// of ours is a Qty. 96 bits, so that a Level and an Event are no larger than with a Qty.
#pragma once

#include <array>
#include <compare>
#include <optional>

#include "market/units.h"

namespace delever {

class WideQty {
 public:
  static constexpr int digits = Qty::digits;
  static constexpr int64_t scale = Qty::scale;
  constexpr WideQty() = default;
  constexpr WideQty(Qty qty) : WideQty(raw(qty.raw())) {}
  // Units of 1e-8, within 96 bits.
  static constexpr WideQty raw(Wide units) {
    WideQty q;
    q.parts_ = {static_cast<uint32_t>(units), static_cast<uint32_t>(units >> 32),
                static_cast<uint32_t>(units >> 64)};
    return q;
  }
  static Result<WideQty> parse(std::string_view text, Precision precision = Precision::exact);

  constexpr Wide raw() const {
    const uint64_t low = static_cast<uint64_t>(parts_[1]) << 32 | parts_[0];
    return static_cast<Wide>(static_cast<int32_t>(parts_[2])) << 64 | low;
  }
  constexpr double approx() const {
    return static_cast<double>(raw()) / static_cast<double>(scale);
  }
  std::string text() const;
  constexpr bool is_zero() const { return (parts_[0] | parts_[1] | parts_[2]) == 0; }
  constexpr WideQty half() const { return raw(raw() / 2); }
  // Missing: beyond the range of a Qty.
  constexpr std::optional<Qty> narrowed() const {
    const Wide units = raw();
    if (units != static_cast<int64_t>(units)) return std::nullopt;
    return Qty::raw(static_cast<int64_t>(units));
  }

  friend constexpr bool operator==(const WideQty&, const WideQty&) = default;
  friend constexpr std::strong_ordering operator<=>(WideQty a, WideQty b) {
    return a.raw() <=> b.raw();
  }

 private:
  std::array<uint32_t, 3> parts_{};  // the lowest first, two's complement
};

}  // namespace delever
