#include "sim/ensemble/variance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "sim/kernel/world.h"

namespace delever::sim {
namespace {

constexpr size_t kShifts = 8;
constexpr std::array<std::string_view, 3> kNames = {"independent", "antithetic", "sobol"};

// Which group of independent groups a run belongs to, and how many there are.
size_t group_of(size_t run, Draws draws) {
  return draws == Draws::antithetic ? run / 2 : draws == Draws::sobol ? run % kShifts : run;
}
size_t groups_of(size_t runs, Draws draws) {
  return draws == Draws::antithetic ? runs / 2
         : draws == Draws::sobol    ? std::min(kShifts, runs)
                                    : runs;
}

// 0.b1b2b3... of the reversed bits of n: the first dimension of Sobol's sequence.
double radical_inverse(uint32_t n) {
  uint32_t reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (n >> bit & 1U) << (31 - bit);
  return reversed * 0x1p-32;
}

double mean_of(std::span<const double> x) {
  return x.empty() ? 0 : std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

}  // namespace

Result<Draws> read_draws(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Draws>(i);
  }
  return Error{Fault::malformed,
               fmt::format("no draws \"{}\" (independent, antithetic, sobol)", name)};
}
std::string_view draws_name(Draws draws) { return kNames[static_cast<size_t>(draws)]; }

double shock_of_seed(uint64_t seed) {
  return Random(seed, {.stream = static_cast<uint32_t>(Stream::shock)}).normal();
}

Result<std::vector<double>> shock_draws(Draws draws, size_t runs, uint64_t first_seed) {
  std::vector<double> z(runs);
  if (draws == Draws::antithetic && runs % 2 != 0)
    return Error{Fault::malformed, "antithetic draws come in pairs: want an even number of runs"};
  if (draws == Draws::sobol && runs % kShifts != 0)
    return Error{Fault::malformed,
                 "Sobol draws are eight sequences: want a multiple of eight runs"};
  std::array<double, kShifts> shift;
  for (size_t s = 0; s < kShifts; ++s)
    shift[s] = Random(first_seed, {.stream = static_cast<uint32_t>(Stream::shock),
                                   .entity = static_cast<uint32_t>(1 + s)})
                   .uniform();
  for (size_t i = 0; i < runs; ++i) {
    switch (draws) {
      case Draws::independent:
        z[i] = shock_of_seed(first_seed + i);
        break;
      case Draws::antithetic:
        z[i] = i % 2 == 0 ? shock_of_seed(first_seed + i) : -z[i - 1];
        break;
      case Draws::sobol: {
        // Half a point of 2^-32 keeps the quantile's argument off 0.
        double u =
            radical_inverse(static_cast<uint32_t>(i / kShifts)) + shift[i % kShifts] + 0x1p-33;
        u -= std::floor(u);
        z[i] = normal_quantile(std::max(u, 0x1p-33));
        break;
      }
    }
  }
  return z;
}

Estimate estimate(std::span<const double> values, Draws draws) {
  Estimate e;
  e.groups = groups_of(values.size(), draws);
  if (e.groups == 0) return e;
  std::vector<double> sums(e.groups), counts(e.groups);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t g = std::min(group_of(i, draws), e.groups - 1);
    sums[g] += values[i];
    ++counts[g];
  }
  for (size_t g = 0; g < e.groups; ++g) sums[g] /= counts[g];
  e.mean = mean_of(values);
  double squares = 0;
  const double centre = mean_of(sums);
  for (const double m : sums) squares += (m - centre) * (m - centre);
  const double n = static_cast<double>(e.groups);
  e.error = e.groups > 1 ? std::sqrt(squares / (n - 1) / n) : 0;
  return e;
}

Controlled controlled(std::span<const double> values, std::span<const double> controls,
                      double control_mean, Draws draws) {
  Controlled out;
  const size_t n = values.size();
  std::array<double, 2> slope{};
  for (const size_t half : {0u, 1u}) {  // fitted on the groups of the other parity
    double sy = 0, sc = 0, count = 0, cc = 0, cy = 0;
    const auto others = [&](auto&& each) {
      for (size_t i = 0; i < n; ++i) {
        if (group_of(i, draws) % 2 != half) each(i);
      }
    };
    others([&](size_t i) {
      sy += values[i];
      sc += controls[i];
      ++count;
    });
    if (count < 2) continue;
    others([&](size_t i) {
      cc += (controls[i] - sc / count) * (controls[i] - sc / count);
      cy += (controls[i] - sc / count) * (values[i] - sy / count);
    });
    slope[half] = cc > 0 ? cy / cc : 0;
  }
  std::vector<double> left(n);
  for (size_t i = 0; i < n; ++i)
    left[i] = values[i] - slope[group_of(i, draws) % 2] * (controls[i] - control_mean);
  out.estimate = estimate(left, draws);
  out.slope = (slope[0] + slope[1]) / 2;
  return out;
}

std::optional<double> variance_ratio(std::span<const double> values, const Estimate& e) {
  const double plain = estimate(values, Draws::independent).error;
  if (!(e.error > 0) || !(plain > 0)) return std::nullopt;
  return plain * plain / (e.error * e.error);
}

}  // namespace delever::sim
