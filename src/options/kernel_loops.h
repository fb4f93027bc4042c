// The loops of one kernel file, over V lanes at a time. Private; included once by each kernel_*.cc,
// which is compiled for its own instruction set. Each V is a different type, so no two files share
// an instantiation.
#pragma once

#include "options/kernel.h"
#include "options/kernel_entry.h"

namespace delever::options::lanes {

template <class V, bool kSecondOrder>
void price_range(const PriceTask& task, size_t from, size_t to) {
  for (size_t i = from; i < to; i += Width<V>::value) {
    const auto out = price_lanes<V, kSecondOrder>(take<V>(task.forward + i),
                                                  take<V>(task.strike + i), take<V>(task.years + i),
                                                  take<V>(task.vol + i), take<V>(task.sign + i));
    put(task.price + i, out.price);
    put(task.delta + i, out.delta);
    put(task.gamma + i, out.gamma);
    put(task.vega + i, out.vega);
    put(task.theta + i, out.theta);
    if constexpr (kSecondOrder) {
      put(task.vanna + i, out.vanna);
      put(task.volga + i, out.volga);
      put(task.charm + i, out.charm);
    }
  }
}

template <class V>
void price_loop(const PriceTask& task, size_t from, size_t to) {
  if (task.vanna) {
    price_range<V, true>(task, from, to);
  } else {
    price_range<V, false>(task, from, to);
  }
}

template <class V>
void implied_loop(const ImpliedTask& task, size_t from, size_t to) {
  for (size_t i = from; i < to; i += Width<V>::value) {
    const auto out =
        implied_lanes<V>(take<V>(task.forward + i), take<V>(task.strike + i),
                         take<V>(task.years + i), take<V>(task.price + i), take<V>(task.sign + i));
    put(task.vol + i, out.vol);
    put(task.status + i, out.status);
  }
}

template <class V>
inline constexpr Kernel kKernel{Width<V>::value, &price_loop<V>, &implied_loop<V>};

}  // namespace delever::options::lanes
