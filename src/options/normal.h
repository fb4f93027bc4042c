// The normal distribution as the option formulas want it, over double or a batch of lanes
// (lanes.h):
//   exponential(x), log_ratio(a, b) = ln(a / b) without the rounding of the quotient,
//   mills(x) = N(-x) / phi(x), and mills_slope(x) = 1 - x mills(x) = -mills'(x), both free of
//   cancellation for x >= 0.
// With them a price is phi(d1) times a difference of two slow functions, and no tail is ever a
// difference of ones.
//
// Coefficients: minimax fits of ours (Remez exchange in 113-bit arithmetic, relative error) with
// the error of the fit beside each; the rest is rounding. normal_test.cc measures them against the
// long double functions of the C library.
#pragma once

#include "options/lanes.h"

namespace delever::options::lanes {

template <class V, size_t N>
DELEVER_LANES V polynomial(V x, const double (&c)[N]) {
  V sum(c[N - 1]);
  for (size_t i = N - 1; i-- > 0;) sum = sum * x + V(c[i]);
  return sum;
}

inline constexpr double kLn2High =
    0x1.62e42fefa38p-1;  // 11 trailing zero bits: n times it is exact
inline constexpr double kLn2Low = 0x1.ef35793c7673p-45;  // ln 2 - kLn2High
inline constexpr double kLnRoot2Pi = 0.91893853320467274178;
inline constexpr double kInvRoot2Pi = 0.39894228040143267794;
inline constexpr double kMillsZero = 1.2533141373155002512;  // sqrt(pi / 2)

// e^x for x <= 700; below -708 the result is 0, as no price there is worth a denormal. Fit 3e-18 on
// |x| <= ln 2 / 2.
template <class V>
DELEVER_LANES V exponential(V x) {
  constexpr double fit[] = {1,
                            1,
                            0.50000000000000178,
                            0.16666666666666169,
                            0.041666666666492623,
                            0.0083333333335593954,
                            0.0013888888951262711,
                            0.00019841269432524251,
                            2.480148647980115e-05,
                            2.7557622586947424e-06,
                            2.763230873179344e-07,
                            2.4994311062348125e-08};
  const V clamped = larger(smaller(x, V(700.0)), V(-708.0));
  // Adding 1.5 * 2^52 rounds to a whole number and leaves it, biased as an exponent, in the lowest
  // bits.
  const V magic(6755399441055744.0 + 1023.0);
  const V shifted = clamped * V(1.4426950408889634074) + magic;
  const V n = shifted - magic;
  const V r = (clamped - n * V(kLn2High)) - n * V(kLn2Low);
  const V r2 = r * r, r4 = r2 * r2;
  const V low = (V(fit[0]) + r) + r2 * (V(fit[2]) + r * V(fit[3]));
  const V mid = (V(fit[4]) + r * V(fit[5])) + r2 * (V(fit[6]) + r * V(fit[7]));
  const V high = (V(fit[8]) + r * V(fit[9])) + r2 * (V(fit[10]) + r * V(fit[11]));
  const V power = from_bits(bits_of(shifted) << 52);
  return pick(x < V(-708.0), V(0.0), (low + r4 * (mid + r4 * high)) * power);
}

// ln(a / b) for positive normal a, b whose quotient is normal. The power of two nearest to a / b is
// taken out first; then a and b 2^n are within a factor of two, their difference is exact
// (Sterbenz), and ln = 2 atanh((a-b)/(a+b)). So ln(1 + tiny) keeps every digit. Fit 1.1e-18 on |s|
// <= (sqrt 2 - 1) / (sqrt 2 + 1).
template <class V>
DELEVER_LANES V log_ratio(V a, V b) {
  constexpr double fit[] = {1,
                            0.33333333333333826,
                            0.19999999999649015,
                            0.14285714380770043,
                            0.11111098483787628,
                            0.090918181092082093,
                            0.076562068304194333,
                            0.074054222276339857};
  const V quotient = a / b;
  constexpr uint64_t one = 0x3ff0000000000000, root_half = 0x3fe6a09e667f3bcd,
                     two_52 = 0x4330000000000000;
  const auto biased = (bits_of(quotient) + whole_like(quotient, one - root_half)) >> 52;
  const V n = from_bits(biased | whole_like(quotient, two_52)) - V(4503599627370496.0 + 1023.0);
  const V scaled = b * from_bits(biased << 52);
  const V s = (a - scaled) / (a + scaled);
  const V s2 = s * s;
  V tail(fit[7]);
  for (size_t i = 7; i-- > 1;) tail = tail * s2 + V(fit[i]);
  const V twice = s + s;
  return n * V(kLn2High) + (twice + (twice * (s2 * tail) + n * V(kLn2Low)));
}

// N(-x) / phi(x) for x >= 0: sqrt(pi/2) at 0, 1/x far out. Fit 2.3e-18 on [0, 64]; all terms
// positive.
template <class V>
DELEVER_LANES V mills(V x) {
  constexpr double p[] = {1.2533141373155003,     2.1026783510425116,    1.7465166517824775,
                          0.92908658742929673,    0.34743593387676597,   0.095031139802493197,
                          0.01923378520235005,    0.0028487567055655132, 0.00029676128880439244,
                          1.9785684987297028e-05, 6.4988199668715519e-07};
  constexpr double q[] = {1,
                          2.4755791534341132,
                          2.8687450572128412,
                          2.0584031773393425,
                          1.0186181491968291,
                          0.36608269173163455,
                          0.097840325264837963,
                          0.019529246723814845,
                          0.0028685423906159545,
                          0.00029741117080028372,
                          1.9785684987302974e-05,
                          6.498819966871355e-07};
  return polynomial(x, p) / polynomial(x, q);
}

// 1 - x mills(x) for x >= 0: 1 at 0, 1/x^2 far out. Fit 3.8e-18 on [0, 64]; all terms positive.
template <class V>
DELEVER_LANES V mills_slope(V x) {
  constexpr double p[] = {1,
                          1.4092853300916557,
                          1.0060532772831714,
                          0.46850428731517418,
                          0.15583341563221842,
                          0.038453351583903873,
                          0.0071124959847691082,
                          0.00097446795896466995,
                          9.5027006668579951e-05,
                          6.0058786383574633e-06,
                          1.8988854195726782e-07};
  constexpr double q[] = {1,
                          2.6625994674071549,
                          3.3431268317933136,
                          2.6225500096906145,
                          1.4347890307266438,
                          0.57826989007419272,
                          0.17660871226396196,
                          0.041340720339365401,
                          0.0073964376698383233,
                          0.00099248559494451985,
                          9.5596672293687406e-05,
                          6.0058786383628386e-06,
                          1.898885419572509e-07};
  return polynomial(x, p) / polynomial(x, q);
}

}  // namespace delever::options::lanes
