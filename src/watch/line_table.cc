#include "watch/line_table.h"

#include <algorithm>
#include <bit>
#include <cmath>

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)  // gcc 12's own header
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#endif

#include "base/check.h"

namespace delever::watch {
namespace {

constexpr size_t kLanes = LineTable::kLanes;

void append(const LineTable::Group& group, size_t block, uint32_t mask,
            std::vector<uint32_t>& rows) {
  for (; mask != 0; mask &= mask - 1)
    rows.push_back(group.rows[block * kLanes + static_cast<size_t>(std::countr_zero(mask))]);
}

// Rows with constant + sum of weight x value <= 0. The twin of the kernels below: the same floats,
// added in the same order, so that all three find the same rows.
void find_plain(const LineTable::Group& group, const float* values, size_t from, size_t to,
                std::vector<uint32_t>& rows) {
  for (size_t block = from; block < to; ++block) {
    float sum[kLanes];
    std::copy_n(&group.bases[block * kLanes], kLanes, sum);
    const float* weight = group.weights.data() + block * group.terms * kLanes;
    const uint16_t* value = group.values.data() + block * group.terms * kLanes;
    for (size_t j = 0; j < group.terms; ++j, weight += kLanes, value += kLanes) {
      for (size_t i = 0; i < kLanes; ++i) sum[i] += weight[i] * values[value[i]];
    }
    uint32_t mask = 0;
    for (size_t i = 0; i < kLanes; ++i) mask |= static_cast<uint32_t>(!(sum[i] > 0)) << i;
    if (mask != 0) append(group, block, mask, rows);
  }
}

#if defined(__x86_64__)
// Compiled for their instruction set by attribute: nothing of these functions can be shared with
// other files.
__attribute__((target("avx2"))) void find_avx2(const LineTable::Group& group, const float* values,
                                               size_t from, size_t to,
                                               std::vector<uint32_t>& rows) {
  const float* base = group.bases.data() + from * kLanes;
  const float* weight = group.weights.data() + from * group.terms * kLanes;
  const uint16_t* value = group.values.data() + from * group.terms * kLanes;
  const __m256 zero = _mm256_setzero_ps();
  for (size_t block = from; block < to; ++block, base += kLanes) {
    __m256 low = _mm256_loadu_ps(base), high = _mm256_loadu_ps(base + 8);
    for (size_t j = 0; j < group.terms; ++j, weight += kLanes, value += kLanes) {
      const __m128i at_low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(value));
      const __m128i at_high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(value + 8));
      const __m256 v_low = _mm256_i32gather_ps(values, _mm256_cvtepu16_epi32(at_low), 4);
      const __m256 v_high = _mm256_i32gather_ps(values, _mm256_cvtepu16_epi32(at_high), 4);
      low = _mm256_add_ps(low, _mm256_mul_ps(_mm256_loadu_ps(weight), v_low));
      high = _mm256_add_ps(high, _mm256_mul_ps(_mm256_loadu_ps(weight + 8), v_high));
    }
    const int safe_low = _mm256_movemask_ps(_mm256_cmp_ps(low, zero, _CMP_GT_OQ));
    const int safe_high = _mm256_movemask_ps(_mm256_cmp_ps(high, zero, _CMP_GT_OQ));
    const uint32_t mask = ~static_cast<uint32_t>(safe_low | safe_high << 8) & 0xffff;
    if (mask != 0) append(group, block, mask, rows);
  }
}

// Up to 64 values stand in four registers and are looked up there; more are gathered.
template <bool kInRegisters>
__attribute__((target("avx512f,avx512bw,avx512dq"))) void find_avx512(const LineTable::Group& group,
                                                                      const float* values,
                                                                      size_t from, size_t to,
                                                                      std::vector<uint32_t>& rows) {
  const float* base = group.bases.data() + from * kLanes;
  const float* weight = group.weights.data() + from * group.terms * kLanes;
  const uint16_t* value = group.values.data() + from * group.terms * kLanes;
  const __m512 zero = _mm512_setzero_ps();
  __m512 table[4] = {zero, zero, zero, zero};
  if constexpr (kInRegisters) {
    for (int k = 0; k < 4; ++k) table[k] = _mm512_loadu_ps(values + 16 * k);
  }
  const __m512i bit5 = _mm512_set1_epi32(32);
  for (size_t block = from; block < to; ++block, base += kLanes) {
    __m512 sum = _mm512_loadu_ps(base);
    for (size_t j = 0; j < group.terms; ++j, weight += kLanes, value += kLanes) {
      const __m512i at =
          _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(value)));
      __m512 v;
      if constexpr (kInRegisters) {
        const __m512 first = _mm512_permutex2var_ps(table[0], at, table[1]);
        const __m512 second = _mm512_permutex2var_ps(table[2], at, table[3]);
        v = _mm512_mask_blend_ps(_mm512_test_epi32_mask(at, bit5), first, second);
      } else {
        v = _mm512_i32gather_ps(at, values, 4);
      }
      sum = _mm512_add_ps(sum, _mm512_mul_ps(_mm512_loadu_ps(weight), v));
    }
    const uint32_t mask =
        ~static_cast<uint32_t>(_mm512_cmp_ps_mask(sum, zero, _CMP_GT_OQ)) & 0xffff;
    if (mask != 0) append(group, block, mask, rows);
  }
}

#endif

}  // namespace

LineTable::LineTable(std::optional<options::Lanes> lanes)
    : values_{0}, limits_{0}, lanes_(lanes ? *lanes : options::widest_lanes()) {
  CHECK(options::lanes_supported(lanes_));
}

LineTable::Value LineTable::add_value(double limit) {
  CHECK(values_.size() < UINT16_MAX && limit >= 0);
  values_.push_back(std::numeric_limits<float>::quiet_NaN());
  limits_.push_back(limit);
  return static_cast<Value>(values_.size() - 1);
}

void LineTable::set_value(Value value, double now) {
  CHECK(value > 0 && value < values_.size() && !(now < 0) && !(now > limits_[value]));
  values_[value] = static_cast<float>(now);
}

// A new limit changes the rounding that was allowed for, so every row on the value is found until
// it is set again.
void LineTable::set_limit(Value value, double limit) {
  CHECK(value > 0 && value < values_.size() && limit >= 0);
  limits_[value] = limit;
  for (Group& group : groups_) {
    for (size_t i = 0; i < group.values.size(); ++i) {
      if (group.values[i] == value)
        group.bases[i / (group.terms * kLanes) * kLanes + i % kLanes] =
            -std::numeric_limits<float>::infinity();
    }
  }
}

// Rows of one number of terms stand together, in blocks of lanes; the last row of a group fills the
// place of one that goes.
uint16_t LineTable::group_of(size_t terms) {
  size_t wanted = std::max<size_t>(1, terms);
  if (wanted > 8) {  // up to a quarter more than needed
    const size_t step = std::bit_floor(wanted) / 4;
    wanted = (wanted + step - 1) / step * step;
  }
  for (size_t g = 0; g < groups_.size(); ++g) {
    if (groups_[g].terms == wanted) return static_cast<uint16_t>(g);
  }
  groups_.push_back({.terms = wanted, .rows = {}, .bases = {}, .weights = {}, .values = {}});
  return static_cast<uint16_t>(groups_.size() - 1);
}

void LineTable::remove(Place place) {
  Group& group = groups_[place.group];
  const size_t last = group.rows.size() - 1;
  const auto slot = [&group](size_t index, size_t term) {
    return (index / kLanes * group.terms + term) * kLanes + index % kLanes;
  };
  for (size_t j = 0; j < group.terms; ++j) {
    group.weights[slot(place.index, j)] = group.weights[slot(last, j)];
    group.values[slot(place.index, j)] = group.values[slot(last, j)];
    group.weights[slot(last, j)] = 0;
    group.values[slot(last, j)] = 0;
  }
  group.bases[place.index] = group.bases[last];
  group.bases[last] = std::numeric_limits<float>::infinity();
  group.rows[place.index] = group.rows[last];
  places_[group.rows[place.index]].index = place.index;
  group.rows.pop_back();
}

void LineTable::set(uint32_t row, double constant, std::span<const Term> terms) {
  CHECK(terms.size() <= kTermsMost && !std::isnan(constant));
  if (row >= places_.size()) places_.resize(static_cast<size_t>(row) + 1);
  const uint16_t wanted = group_of(terms.size());
  Place place = places_[row];
  if (place.group != wanted) {
    erase(row);
    Group& group = groups_[wanted];
    if (group.rows.size() ==
        group.rows.capacity()) {  // by an eighth, not twofold: the table is most of the memory
      const size_t rows = (group.rows.size() * 9 / 8 / kLanes + 4) * kLanes;
      group.rows.reserve(rows);
      group.bases.reserve(rows);
      group.weights.reserve(rows * group.terms);
      group.values.reserve(rows * group.terms);
    }
    place = {wanted, static_cast<uint32_t>(group.rows.size())};
    group.rows.push_back(row);
    if (place.index % kLanes == 0) {  // lanes without a row are never found
      group.bases.resize(group.bases.size() + kLanes, std::numeric_limits<float>::infinity());
      group.weights.resize(group.weights.size() + kLanes * group.terms);
      group.values.resize(group.values.size() + kLanes * group.terms);
    }
    places_[row] = place;
    ++size_;
  }
  Group& group = groups_[wanted];
  double gross = std::abs(constant);
  for (size_t j = 0; j < group.terms; ++j) {
    const Term term = j < terms.size() ? terms[j] : Term{0, 0};
    CHECK(term.value < values_.size());
    gross += std::abs(term.weight) * limits_[term.value];
    const size_t slot = (place.index / kLanes * group.terms + j) * kLanes + place.index % kLanes;
    group.weights[slot] = static_cast<float>(term.weight);
    group.values[slot] = term.value;
  }
  // Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 3.1: a sum of n products in
  // floats is off by at most k / (1 - k) of the sum of their magnitudes, k = (n + 4) 2^-24. Twice
  // that is taken off, for the constant and the weights are rounded to floats as well.
  const double k = static_cast<double>(group.terms + 4) * 0x1p-24;
  // The last addend stands for what underflows: floats below 1e-38.
  const double lowered = constant - 2 * k / (1 - k) * gross - 1e-30;
  const float base = static_cast<float>(lowered);
  group.bases[place.index] =
      base > lowered ? std::nextafter(base, -std::numeric_limits<float>::infinity()) : base;
}

bool LineTable::erase(uint32_t row) {
  if (row >= places_.size() || places_[row].group == kNowhere) return false;
  remove(places_[row]);
  places_[row].group = kNowhere;
  --size_;
  return true;
}

void LineTable::find(std::vector<uint32_t>& rows, Part part) const {
  CHECK(part.part < part.parts);
  const size_t first = rows.size();
  const float* values = values_.data();
  [[maybe_unused]] float padded[64] = {};
  for (const Group& group : groups_) {
    const size_t blocks = (group.rows.size() + kLanes - 1) / kLanes;
    const size_t from = blocks * part.part / part.parts, to = blocks * (part.part + 1) / part.parts;
#if defined(__x86_64__)
    if (lanes_ == options::Lanes::avx512 && values_.size() <= 64) {
      std::copy(values_.begin(), values_.end(), padded);
      find_avx512<true>(group, padded, from, to, rows);
      continue;
    }
    if (lanes_ == options::Lanes::avx512) {
      find_avx512<false>(group, values, from, to, rows);
      continue;
    }
    if (lanes_ == options::Lanes::avx2) {
      find_avx2(group, values, from, to, rows);
      continue;
    }
#endif
    find_plain(group, values, from, to, rows);
  }
  std::sort(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end());
}

size_t LineTable::bytes() const {
  size_t sum = places_.capacity() * sizeof(Place) + values_.capacity() * sizeof(float);
  for (const Group& group : groups_) {
    sum += group.rows.capacity() * sizeof(uint32_t) + group.bases.capacity() * sizeof(float) +
           group.weights.capacity() * sizeof(float) + group.values.capacity() * sizeof(uint16_t);
  }
  return sum;
}

}  // namespace delever::watch
