// Counter-based randomness: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1,
// 2, 3", SC11). A draw is a pure function of (seed, stream, entity, step, draw), so results never
// depend on threads or order. No std:: distributions: theirs are implementation-defined.
#pragma once

#include <array>
#include <cstdint>

namespace delever {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key);

// Inverse of the standard normal distribution function, AS241 PPND16 (Wichura 1988), relative error
// about 1e-16. Domain (0, 1); 0 and 1 give -inf and +inf.
double normal_quantile(double p);

// One stream of draws: counter = (draw, step, entity, stream), key = seed.
class Random {
 public:
  struct Stream {
    uint32_t stream = 0;
    uint32_t entity = 0;
    uint32_t step = 0;
  };
  Random(uint64_t seed, Stream at)
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
        counter_{0, at.step, at.entity, at.stream} {}

  uint32_t bits32();
  uint64_t bits64() {
    const uint64_t high = bits32();
    return high << 32 | bits32();
  }
  double uniform() { return uniform_of(bits64()); }  // strictly inside (0, 1)
  static double uniform_of(uint64_t bits) {
    return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
  }
  double normal() { return normal_quantile(uniform()); }
  double exponential();            // mean 1
  uint64_t below(uint64_t bound);  // 0 <= x < bound, exactly uniform; bound > 0
  bool chance(double probability) { return uniform() < probability; }

 private:
  PhiloxKey key_;
  PhiloxCounter counter_;
  PhiloxCounter block_{};
  uint32_t used_ = 4;
};

}  // namespace delever
