// Black-76 over arrays: the same formulas as black.h and implied.h, several options at a time, on
// the widest instruction set that this machine has. The result of an option does not depend on the
// width: sums and products are never fused and every step is exactly rounded, so all widths agree
// bit for bit (batch_test.cc holds them to it).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "options/implied.h"

namespace delever::options {

// x86: 2, 4, 8 lanes. Elsewhere one lane, and whatever the compiler makes of it.
enum class Lanes : uint8_t { one, sse2, avx2, avx512 };

std::string_view lanes_name(Lanes lanes);
bool lanes_supported(Lanes lanes);  // by this machine and this build
Lanes widest_lanes();

// Equal sizes. forward and strike finite and positive (CHECKed); sign is +1 for a call and -1 for a
// put.
struct OptionArrays {
  std::span<const double> forward, strike, years, vol, sign;
};

// Each of the size of the input. Leave vanna, volga and charm all empty to skip them.
struct GreekArrays {
  std::span<double> price, delta, gamma, vega, theta;
  std::span<double> vanna, volga, charm;
};

void black_batch(const OptionArrays& options, const GreekArrays& out,
                 std::optional<Lanes> lanes = std::nullopt);
// The same where nobody has looked at forward and strike yet: false, and nothing done, where one is
// not what black_batch wants.
[[nodiscard]] bool try_black_batch(const OptionArrays& options, const GreekArrays& out,
                                   std::optional<Lanes> lanes = std::nullopt);
// What it wants of a forward or a strike: a caller of either can say which one is wrong.
constexpr bool is_priceable(double x) { return (x > 1e-100) & (x < 1e100); }

struct PriceArrays {
  std::span<const double> forward, strike, years, price, sign;
};

// vol is 0 where the status is not ok.
void implied_vol_batch(const PriceArrays& prices, std::span<double> vol, std::span<IvStatus> status,
                       std::optional<Lanes> lanes = std::nullopt);

}  // namespace delever::options
