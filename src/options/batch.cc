#include "options/batch.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "options/kernel_entry.h"
#include "options/kernel_loops.h"

namespace delever::options {
namespace lanes {

const Kernel* kernel_one() { return &kKernel<double>; }

}  // namespace lanes

namespace {

const lanes::Kernel* kernel_of(Lanes lanes) {
  switch (lanes) {
    case Lanes::one:
      return lanes::kernel_one();
    case Lanes::sse2:
      return lanes::kernel_sse2();
    case Lanes::avx2:
      return lanes::kernel_avx2();
    case Lanes::avx512:
      return lanes::kernel_avx512();
  }
  CHECK(false);
}

bool machine_has([[maybe_unused]] Lanes lanes) {
#if defined(__x86_64__)
  switch (lanes) {
    case Lanes::one:
      return true;
    case Lanes::sse2:
      return __builtin_cpu_supports("sse2") != 0;
    case Lanes::avx2:
      return __builtin_cpu_supports("avx2") != 0;
    case Lanes::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  }
  CHECK(false);
#else
  return lanes == Lanes::one;
#endif
}

const lanes::Kernel& chosen(std::optional<Lanes> asked) {
  const Lanes lanes = asked ? *asked : widest_lanes();
  CHECK(lanes_supported(lanes));
  return *kernel_of(lanes);
}

constexpr size_t kWidest = 8;

// The last few options, fewer than a vector, are worked on in padded copies.
struct Padded {
  std::array<double, kWidest> values;
  Padded(const double* from, size_t n, double fill) {
    values.fill(fill);
    std::copy_n(from, n, values.begin());
  }
};

void price_tail(const lanes::Kernel& kernel, const lanes::PriceTask& task, size_t from, size_t n) {
  const Padded forward(task.forward + from, n, 1), strike(task.strike + from, n, 1),
      years(task.years + from, n, 1), vol(task.vol + from, n, 1), sign(task.sign + from, n, 1);
  std::array<std::array<double, kWidest>, 8> out;
  lanes::PriceTask tail{forward.values.data(),
                        strike.values.data(),
                        years.values.data(),
                        vol.values.data(),
                        sign.values.data(),
                        out[0].data(),
                        out[1].data(),
                        out[2].data(),
                        out[3].data(),
                        out[4].data(),
                        nullptr,
                        nullptr,
                        nullptr};
  if (task.vanna)
    tail.vanna = out[5].data(), tail.volga = out[6].data(), tail.charm = out[7].data();
  kernel.price(tail, 0, kernel.width);
  const std::array<double*, 8> to{task.price, task.delta, task.gamma, task.vega,
                                  task.theta, task.vanna, task.volga, task.charm};
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i]) std::copy_n(out[i].begin(), n, to[i] + from);
  }
}

}  // namespace

std::string_view lanes_name(Lanes lanes) {
  switch (lanes) {
    case Lanes::one:
      return "one";
    case Lanes::sse2:
      return "sse2";
    case Lanes::avx2:
      return "avx2";
    case Lanes::avx512:
      return "avx512";
  }
  CHECK(false);
}

bool lanes_supported(Lanes lanes) { return machine_has(lanes) && kernel_of(lanes) != nullptr; }

Lanes widest_lanes() {
  static const Lanes widest = [] {
    for (const Lanes lanes : {Lanes::avx512, Lanes::avx2, Lanes::sse2}) {
      if (lanes_supported(lanes)) return lanes;
    }
    return Lanes::one;
  }();
  return widest;
}

void black_batch(const OptionArrays& in, const GreekArrays& out, std::optional<Lanes> lanes) {
  CHECK(try_black_batch(in, out, lanes));
}

bool try_black_batch(const OptionArrays& in, const GreekArrays& out, std::optional<Lanes> lanes) {
  const size_t n = in.forward.size();
  CHECK(in.strike.size() == n && in.years.size() == n && in.vol.size() == n && in.sign.size() == n);
  CHECK(out.price.size() == n && out.delta.size() == n && out.gamma.size() == n &&
        out.vega.size() == n);
  CHECK(out.theta.size() == n);
  const size_t second = out.vanna.size();
  CHECK((second == 0 || second == n) && out.volga.size() == second && out.charm.size() == second);
  size_t outside = 0;
  for (const auto& prices : {in.forward, in.strike}) {
    for (const double price : prices) outside += !is_priceable(price);  // no branch: by vectors
  }
  if (outside > 0) return false;
  lanes::PriceTask task{
      in.forward.data(), in.strike.data(), in.years.data(),  in.vol.data(),   in.sign.data(),
      out.price.data(),  out.delta.data(), out.gamma.data(), out.vega.data(), out.theta.data(),
      nullptr,           nullptr,          nullptr};
  if (second)
    task.vanna = out.vanna.data(), task.volga = out.volga.data(), task.charm = out.charm.data();
  const lanes::Kernel& kernel = chosen(lanes);
  const size_t whole = n - n % kernel.width;
  kernel.price(task, 0, whole);
  if (whole < n) price_tail(kernel, task, whole, n - whole);
  return true;
}

void implied_vol_batch(const PriceArrays& in, std::span<double> vol, std::span<IvStatus> status,
                       std::optional<Lanes> lanes) {
  const size_t n = in.forward.size();
  CHECK(in.strike.size() == n && in.years.size() == n && in.price.size() == n &&
        in.sign.size() == n);
  CHECK(vol.size() == n && status.size() == n);
  const lanes::Kernel& kernel = chosen(lanes);
  // Statuses come as doubles, a block at a time.
  constexpr size_t block = 256;
  std::array<double, block> codes;
  size_t from = 0;
  for (; n - from >= kernel.width;) {
    const size_t count = std::min(block, (n - from) / kernel.width * kernel.width);
    kernel.implied({in.forward.data() + from, in.strike.data() + from, in.years.data() + from,
                    in.price.data() + from, in.sign.data() + from, vol.data() + from, codes.data()},
                   0, count);
    for (size_t i = 0; i < count; ++i) status[from + i] = static_cast<IvStatus>(codes[i]);
    from += count;
  }
  if (from == n) return;
  const size_t rest = n - from;
  const Padded forward(in.forward.data() + from, rest, 1), strike(in.strike.data() + from, rest, 1),
      years(in.years.data() + from, rest, 1), price(in.price.data() + from, rest, 0.1),
      sign(in.sign.data() + from, rest, 1);
  std::array<double, kWidest> vols;
  kernel.implied({forward.values.data(), strike.values.data(), years.values.data(),
                  price.values.data(), sign.values.data(), vols.data(), codes.data()},
                 0, kernel.width);
  for (size_t i = 0; i < rest; ++i) {
    vol[from + i] = vols[i];
    status[from + i] = static_cast<IvStatus>(codes[i]);
  }
}

}  // namespace delever::options
