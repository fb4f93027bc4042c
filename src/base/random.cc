#include "base/random.h"

#include <cmath>
#include <limits>

#include "base/check.h"

namespace delever {

PhiloxCounter philox4x32(PhiloxCounter c, PhiloxKey k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

uint32_t Random::bits32() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    CHECK(counter_[0] !=
          0);  // 2^34 draws from one (stream, entity, step): the caller forgot to advance the step
    used_ = 0;
  }
  return block_[used_++];
}

double Random::exponential() { return -std::log(uniform()); }

// Lemire, "Fast random integer generation in an interval" (2019): multiply, reject the short
// remainder.
uint64_t Random::below(uint64_t bound) {
  CHECK(bound > 0);
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(bits64()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = (0 - bound) % bound;
    while (static_cast<uint64_t>(product) < threshold)
      product = static_cast<Wide>(bits64()) * bound;
  }
  return static_cast<uint64_t>(product >> 64);
}

namespace {

// Horner, highest power first.
template <size_t N>
double horner(const double (&c)[N], double x) {
  double sum = c[0];
  for (size_t i = 1; i < N; ++i) sum = sum * x + c[i];
  return sum;
}

}  // namespace

double normal_quantile(double p) {
  constexpr double a[] = {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                          45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                          133.14166789178437745, 3.387132872796366608};
  constexpr double b[] = {
      5226.495278852545925,  28729.085735721942674, 39307.89580009271061,  21213.794301586595867,
      5394.1960214247511077, 687.1870074920579083,  42.313330701600911252, 1.0};
  constexpr double c[] = {7.7454501427834140764e-4, .0227238449892691845833, .24178072517745061177,
                          1.27045825245236838258,   3.64784832476320460504,  5.7694972214606914055,
                          4.6303378461565452959,    1.42343711074968357734};
  constexpr double d[] = {1.05075007164441684324e-9, 5.475938084995344946e-4,
                          .0151986665636164571966,   .14810397642748007459,
                          .68976733498510000455,     1.6763848301838038494,
                          2.05319162663775882187,    1.0};
  constexpr double e[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
                          .0012426609473880784386,   .026532189526576123093,
                          .29656057182850489123,     1.7848265399172913358,
                          5.4637849111641143699,     6.6579046435011037772};
  constexpr double f[] = {2.04426310338993978564e-15, 1.4215117583164458887e-7,
                          1.8463183175100546818e-5,   7.868691311456132591e-4,
                          .0148753612908506148525,    .13692988092273580531,
                          .59983220655588793769,      1.0};
  if (!(p > 0.0)) return -std::numeric_limits<double>::infinity();
  if (!(p < 1.0)) return std::numeric_limits<double>::infinity();
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * horner(a, r) / horner(b, r);
  }
  const double r = std::sqrt(-std::log(q < 0 ? p : 1.0 - p));
  const double x =
      r <= 5.0 ? horner(c, r - 1.6) / horner(d, r - 1.6) : horner(e, r - 5.0) / horner(f, r - 5.0);
  return q < 0 ? -x : x;
}

}  // namespace delever
