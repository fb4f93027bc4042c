// Ours, QuantLib and a plain scalar loop side by side on OPT-2000: Black-76, ten tenors from a day
// to a year, 2,000 options within 2.5 deviations of the forward, out-of-the-money side,
// undiscounted. items_per_second is options/s. Then a whole chain of 1,000 instruments: forwards,
// implied vols, surface, exposure and both hedging curves.
#include <benchmark/benchmark.h>

#include <ql/pricingengines/blackcalculator.hpp>
#include <ql/pricingengines/blackformula.hpp>

#include <array>
#include <cmath>
#include <vector>

#include "options/batch.h"
#include "options/black.h"
#include "options/exposure.h"
#include "options/surface.h"

namespace delever::options {
namespace {

struct Workload {
  std::vector<double> forward, strike, years, vol, sign, price;
  size_t size() const { return forward.size(); }
  BlackOption option(size_t i) const {
    return {forward[i], strike[i], years[i], vol[i],
            sign[i] > 0 ? OptionType::call : OptionType::put};
  }
};

const Workload& opt_2000() {
  static const Workload made = [] {
    Workload w;
    constexpr double days[] = {1, 2, 7, 14, 30, 60, 90, 180, 270, 365};
    for (size_t i = 0; i < 2000; ++i) {
      const double years = days[i % 10] / 365, forward = 85000 * (1 + 0.05 * years);
      const double z = -2.5 + 5.0 * static_cast<double>(i / 10 % 100) / 99;
      const double vol = 0.45 + 0.04 * z * z - 0.03 * z + 0.1 * std::exp(-3 * years);
      const double strike = forward * std::exp(z * vol * std::sqrt(years));
      w.forward.push_back(forward), w.strike.push_back(strike), w.years.push_back(years),
          w.vol.push_back(vol);
      w.sign.push_back(strike >= forward ? 1 : -1);
      w.price.push_back(black_price(w.option(i)));
    }
    return w;
  }();
  return made;
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(opt_2000().size()));
}

void batch_greeks(benchmark::State& state, Lanes lanes) {
  if (!lanes_supported(lanes)) return state.SkipWithError("not on this machine");
  const Workload& w = opt_2000();
  std::array<std::vector<double>, 5> out;
  out.fill(std::vector<double>(w.size()));
  for (auto _ : state) {
    black_batch({w.forward, w.strike, w.years, w.vol, w.sign},
                {out[0], out[1], out[2], out[3], out[4], {}, {}, {}}, lanes);
    benchmark::DoNotOptimize(out[0].data());
    benchmark::ClobberMemory();
  }
  count(state);
}

void scalar_greeks(benchmark::State& state) {
  const Workload& w = opt_2000();
  for (auto _ : state) {
    for (size_t i = 0; i < w.size(); ++i) benchmark::DoNotOptimize(black(w.option(i)));
  }
  count(state);
}

// The formula as it stands in textbooks, with the C library, over the same arrays.
void plain_loop_greeks(benchmark::State& state) {
  const Workload& w = opt_2000();
  std::array<std::vector<double>, 5> out;
  out.fill(std::vector<double>(w.size()));
  for (auto _ : state) {
    for (size_t i = 0; i < w.size(); ++i) {
      const double f = w.forward[i], k = w.strike[i], root_t = std::sqrt(w.years[i]),
                   v = w.vol[i] * root_t;
      const double d1 = std::log(f / k) / v + 0.5 * v, d2 = d1 - v, s = w.sign[i];
      const double n1 = 0.5 * std::erfc(-s * d1 * M_SQRT1_2),
                   n2 = 0.5 * std::erfc(-s * d2 * M_SQRT1_2);
      const double density = 0.3989422804014327 * std::exp(-0.5 * d1 * d1);
      out[0][i] = s * (f * n1 - k * n2);
      out[1][i] = s * n1;
      out[2][i] = density / (f * v);
      out[3][i] = f * density * root_t;
      out[4][i] = -0.5 * f * density * w.vol[i] / root_t;
    }
    benchmark::DoNotOptimize(out[0].data());
    benchmark::ClobberMemory();
  }
  count(state);
}

QuantLib::Option::Type type_of(double sign) {
  return sign > 0 ? QuantLib::Option::Call : QuantLib::Option::Put;
}

void quantlib_greeks(benchmark::State& state) {
  const Workload& w = opt_2000();
  for (auto _ : state) {
    double sum = 0;
    for (size_t i = 0; i < w.size(); ++i) {
      const QuantLib::BlackCalculator c(type_of(w.sign[i]), w.strike[i], w.forward[i],
                                        w.vol[i] * std::sqrt(w.years[i]));
      sum += c.value() + c.deltaForward() + c.gammaForward() + c.vega(w.years[i]) +
             c.theta(w.forward[i], w.years[i]);
    }
    benchmark::DoNotOptimize(sum);
  }
  count(state);
}

void batch_implied(benchmark::State& state, Lanes lanes) {
  if (!lanes_supported(lanes)) return state.SkipWithError("not on this machine");
  const Workload& w = opt_2000();
  std::vector<double> vol(w.size());
  std::vector<IvStatus> status(w.size());
  for (auto _ : state) {
    implied_vol_batch({w.forward, w.strike, w.years, w.price, w.sign}, vol, status, lanes);
    benchmark::DoNotOptimize(vol.data());
    benchmark::ClobberMemory();
  }
  double worst = 0;
  for (size_t i = 0; i < w.size(); ++i) worst = std::max(worst, std::fabs(vol[i] / w.vol[i] - 1));
  state.counters["worst_relative_error"] = worst;
  count(state);
}

template <class Solve>
void quantlib_implied(benchmark::State& state, Solve solve) {
  const Workload& w = opt_2000();
  double worst = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < w.size(); ++i) {
      const double v = solve(w, i);
      worst = std::max(worst, std::fabs(v / std::sqrt(w.years[i]) / w.vol[i] - 1));
    }
  }
  state.counters["worst_relative_error"] = worst;
  count(state);
}

void quantlib_implied_newton(benchmark::State& state) {
  quantlib_implied(state, [](const Workload& w, size_t i) {
    return QuantLib::blackFormulaImpliedStdDev(type_of(w.sign[i]), w.strike[i], w.forward[i],
                                               w.price[i], 1.0, 0.0, QuantLib::Null<double>(),
                                               1e-8);
  });
}

void quantlib_implied_lirs(benchmark::State& state) {
  quantlib_implied(state, [](const Workload& w, size_t i) {
    return QuantLib::blackFormulaImpliedStdDevLiRS(type_of(w.sign[i]), w.strike[i], w.forward[i],
                                                   w.price[i], 1.0, 0.0, QuantLib::Null<double>(),
                                                   1.0, 1e-8);
  });
}

// Twelve expiries, 1,008 instruments, quoted in coins on both sides with a smile.
std::vector<Chain> chain_of_1000() {
  std::vector<Chain> chains;
  const double days[] = {1, 2, 3, 7, 14, 21, 35, 63, 91, 154, 245, 336};
  for (const double d : days) {
    Chain chain{.venue = "deribit", .asset = "BTC", .settle = "BTC", .as_of = Instant::ns(0)};
    chain.expiry = chain.as_of + Duration::hours(static_cast<int64_t>(24 * d));
    const double years = chain.years(), forward = 89000 * (1 + 0.05 * years);
    chain.forward = forward;
    for (int i = 0; i < 42; ++i) {
      const double z = -2.5 + 5.0 * i / 41;
      const double strike = std::round(forward * std::exp(z * 0.5 * std::sqrt(years)) / 50) * 50;
      const double k = std::log(strike / forward) / std::sqrt(years);
      const double vol = 0.42 - 0.03 * k + 0.06 * k * k + 0.004 * ((i * 7) % 5 - 2);
      for (const OptionType type : {OptionType::call, OptionType::put}) {
        const double coins = black_price({forward, strike, years, vol, type}) / forward;
        const double half = 0.0001 + 0.01 * coins;
        chain.quotes.push_back({.strike = strike,
                                .type = type,
                                .bid = std::max(coins - half, 1e-5),
                                .ask = coins + half,
                                .mark_iv = vol,
                                .open_interest = 100.0 + 13 * ((i * 11) % 17)});
      }
    }
    chains.push_back(std::move(chain));
  }
  return chains;
}

void surface_of_1000(benchmark::State& state) {
  const std::vector<Chain> chains = chain_of_1000();
  for (auto _ : state) benchmark::DoNotOptimize(build_surface(chains));
}

void exposure_of_1000(benchmark::State& state) {
  const std::vector<Chain> chains = chain_of_1000();
  const Surface surface = build_surface(chains);
  for (auto _ : state) benchmark::DoNotOptimize(measure_exposures(chains, surface, nullptr));
}

void whole_chain_of_1000(benchmark::State& state) {
  const std::vector<Chain> chains = chain_of_1000();
  size_t smiles = 0;
  for (auto _ : state) {
    const Surface surface = build_surface(chains);
    benchmark::DoNotOptimize(measure_exposures(chains, surface, nullptr));
    benchmark::DoNotOptimize(vol_index_30d(chains));
    smiles = surface.smiles.size();
  }
  state.counters["smiles"] = static_cast<double>(smiles);
}

BENCHMARK_CAPTURE(batch_greeks, one, Lanes::one);
BENCHMARK_CAPTURE(batch_greeks, sse2, Lanes::sse2);
BENCHMARK_CAPTURE(batch_greeks, avx2, Lanes::avx2);
BENCHMARK_CAPTURE(batch_greeks, avx512, Lanes::avx512);
BENCHMARK(scalar_greeks);
BENCHMARK(plain_loop_greeks);
BENCHMARK(quantlib_greeks);
BENCHMARK_CAPTURE(batch_implied, one, Lanes::one);
BENCHMARK_CAPTURE(batch_implied, sse2, Lanes::sse2);
BENCHMARK_CAPTURE(batch_implied, avx2, Lanes::avx2);
BENCHMARK_CAPTURE(batch_implied, avx512, Lanes::avx512);
BENCHMARK(quantlib_implied_newton);
BENCHMARK(quantlib_implied_lirs);
BENCHMARK(surface_of_1000)->Unit(benchmark::kMillisecond);
BENCHMARK(exposure_of_1000)->Unit(benchmark::kMillisecond);
BENCHMARK(whole_chain_of_1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace delever::options

BENCHMARK_MAIN();
