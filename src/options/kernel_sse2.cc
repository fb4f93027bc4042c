#include "options/kernel_loops.h"

namespace delever::options::lanes {

const Kernel* kernel_sse2() {
#if defined(__SSE2__)
  return &kKernel<xsimd::batch<double, xsimd::sse2>>;
#else
  return nullptr;
#endif
}

}  // namespace delever::options::lanes
