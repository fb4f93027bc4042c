// What one kernel file offers to batch.cc: plain pointers and a length that is a multiple of the
// width. Private.
#pragma once

#include <cstddef>

namespace delever::options::lanes {

struct PriceTask {
  const double *forward, *strike, *years, *vol, *sign;
  double *price, *delta, *gamma, *vega, *theta;
  double *vanna, *volga, *charm;  // null: not wanted
};

struct ImpliedTask {
  const double *forward, *strike, *years, *price, *sign;
  double *vol, *status;
};

struct Kernel {
  size_t width;
  void (*price)(const PriceTask& task, size_t from, size_t to);
  void (*implied)(const ImpliedTask& task, size_t from, size_t to);
};

const Kernel* kernel_one();
const Kernel* kernel_sse2();  // null where this build has none
const Kernel* kernel_avx2();
const Kernel* kernel_avx512();

}  // namespace delever::options::lanes
