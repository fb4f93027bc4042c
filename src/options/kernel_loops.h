// The loops of one kernel file, over V lanes at a time. Private; included once by each kernel_*.cc,
// which is compiled for its own instruction set. Each V is a different type, so no two files share
// an instantiation.
#pragma once

#include "options/kernel.h"
#include "options/kernel_entry.h"

namespace delever::options::lanes {

template <class V, bool kSecondOrder>
void price_range(const PriceJob& job, size_t from, size_t to) {
  for (size_t i = from; i < to; i += Width<V>::value) {
    const auto out = price_lanes<V, kSecondOrder>(take<V>(job.forward + i), take<V>(job.strike + i),
                                                  take<V>(job.years + i), take<V>(job.vol + i),
                                                  take<V>(job.sign + i));
    put(job.price + i, out.price);
    put(job.delta + i, out.delta);
    put(job.gamma + i, out.gamma);
    put(job.vega + i, out.vega);
    put(job.theta + i, out.theta);
    if constexpr (kSecondOrder) {
      put(job.vanna + i, out.vanna);
      put(job.volga + i, out.volga);
      put(job.charm + i, out.charm);
    }
  }
}

template <class V>
void price_loop(const PriceJob& job, size_t from, size_t to) {
  if (job.vanna) {
    price_range<V, true>(job, from, to);
  } else {
    price_range<V, false>(job, from, to);
  }
}

template <class V>
void implied_loop(const ImpliedJob& job, size_t from, size_t to) {
  for (size_t i = from; i < to; i += Width<V>::value) {
    const auto out =
        implied_lanes<V>(take<V>(job.forward + i), take<V>(job.strike + i), take<V>(job.years + i),
                         take<V>(job.price + i), take<V>(job.sign + i));
    put(job.vol + i, out.vol);
    put(job.status + i, out.status);
  }
}

template <class V>
inline constexpr Kernel kKernel{Width<V>::value, &price_loop<V>, &implied_loop<V>};

}  // namespace delever::options::lanes
