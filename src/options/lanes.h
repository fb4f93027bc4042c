// Lanes: the few operations our kernels need beyond + - * /, for double and for an xsimd batch, so
// that one kernel text serves every width. Nothing here fuses a multiply with an add, and every
// operation is one that IEEE 754 rounds exactly, so a lane's result does not depend on how many
// lanes stand beside it: widths agree bit for bit.
//
// Everything is inlined by force: a kernel file is compiled for one instruction set, and an inline
// function left over in it for the linker to share would take that instruction set to machines
// without it.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <xsimd/xsimd.hpp>

#define DELEVER_LANES __attribute__((always_inline)) inline

namespace delever::options::lanes {

template <class V>
struct Width {
  static constexpr size_t value = V::size;
};
template <>
struct Width<double> {
  static constexpr size_t value = 1;
};

template <class V>
DELEVER_LANES V take(const double* from) {
  if constexpr (Width<V>::value == 1) {
    return *from;
  } else {
    return V::load_unaligned(from);
  }
}
template <class V>
DELEVER_LANES void put(double* to, V value) {
  if constexpr (Width<V>::value == 1) {
    *to = value;
  } else {
    value.store_unaligned(to);
  }
}

DELEVER_LANES double pick(bool mask, double yes, double no) { return mask ? yes : no; }
DELEVER_LANES double root(double x) { return __builtin_sqrt(x); }
DELEVER_LANES double magnitude(double x) { return __builtin_fabs(x); }
DELEVER_LANES bool any_of(bool mask) { return mask; }
DELEVER_LANES uint64_t bits_of(double x) { return std::bit_cast<uint64_t>(x); }
DELEVER_LANES double from_bits(uint64_t x) { return std::bit_cast<double>(x); }
DELEVER_LANES uint64_t whole_like(double, uint64_t x) { return x; }

template <class A>
DELEVER_LANES xsimd::batch<double, A> pick(const xsimd::batch_bool<double, A>& mask,
                                           const xsimd::batch<double, A>& yes,
                                           const xsimd::batch<double, A>& no) {
  return xsimd::select(mask, yes, no);
}
template <class A>
DELEVER_LANES xsimd::batch<double, A> root(const xsimd::batch<double, A>& x) {
  return xsimd::sqrt(x);
}
template <class A>
DELEVER_LANES xsimd::batch<double, A> magnitude(const xsimd::batch<double, A>& x) {
  return xsimd::abs(x);
}
template <class A>
DELEVER_LANES bool any_of(const xsimd::batch_bool<double, A>& mask) {
  return xsimd::any(mask);
}
template <class A>
DELEVER_LANES xsimd::batch<uint64_t, A> bits_of(const xsimd::batch<double, A>& x) {
  return xsimd::bitwise_cast<xsimd::batch<uint64_t, A>>(x);
}
template <class A>
DELEVER_LANES xsimd::batch<double, A> from_bits(const xsimd::batch<uint64_t, A>& x) {
  return xsimd::bitwise_cast<xsimd::batch<double, A>>(x);
}
template <class A>
DELEVER_LANES xsimd::batch<uint64_t, A> whole_like(const xsimd::batch<double, A>&, uint64_t x) {
  return xsimd::batch<uint64_t, A>(x);
}

// Written out, because min and max of a NaN differ between instruction sets.
template <class V>
DELEVER_LANES V smaller(V a, V b) {
  return pick(b < a, b, a);
}
template <class V>
DELEVER_LANES V larger(V a, V b) {
  return pick(a < b, b, a);
}

}  // namespace delever::options::lanes
