#include "options/kernel_loops.h"

namespace delever::options::lanes {

const Kernel* kernel_avx512() {
#if defined(__AVX512BW__)
  return &kKernel<xsimd::batch<double, xsimd::avx512bw>>;
#else
  return nullptr;
#endif
}

}  // namespace delever::options::lanes
