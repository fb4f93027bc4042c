#include "options/kernel_loops.h"

namespace delever::options::lanes {

const Kernel* kernel_avx2() {
#if defined(__AVX2__)
  return &kKernel<xsimd::batch<double, xsimd::avx2>>;
#else
  return nullptr;
#endif
}

}  // namespace delever::options::lanes
