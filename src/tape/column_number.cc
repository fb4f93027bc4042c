#include <array>
#include <cstring>

#include "tape/columns.h"

namespace delever::tape {
namespace {

constexpr auto kPowers = [] {
  std::array<uint64_t, kDigitsMax + 1> out{1};
  for (size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
  return out;
}();

constexpr auto kPairs = [] {
  std::array<char, 200> out{};
  for (size_t i = 0; i < 100; ++i) {
    out[2 * i] = static_cast<char>('0' + i / 10);
    out[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return out;
}();

// The digits of `value` end at `end`; returns where they begin.
char* write_back(char* end, uint64_t value) {
  for (; value >= 100; value /= 100) std::memcpy(end -= 2, &kPairs[2 * (value % 100)], 2);
  if (value >= 10) {
    std::memcpy(end -= 2, &kPairs[2 * value], 2);
  } else {
    *--end = static_cast<char>('0' + value);
  }
  return end;
}

}  // namespace

uint64_t power_of_ten(unsigned exponent) { return kPowers[exponent]; }

bool read_number(std::string_view text, Spelled& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const char* const first = at;
  uint64_t value = 0;
  // Nineteen digits would still fit in 64 bits: no overflow before the count is looked at.
  if (end - at > static_cast<ptrdiff_t>(kDigitsMax + 1)) return false;
  for (; at != end && static_cast<unsigned char>(*at - '0') < 10; ++at)
    value = value * 10 + static_cast<uint64_t>(*at - '0');
  const auto whole = static_cast<unsigned>(at - first);
  if (whole == 0 || (*first == '0' && whole > 1)) return false;
  unsigned decimals = 0;
  if (at != end) {
    if (*at++ != '.') return false;
    for (; at != end && static_cast<unsigned char>(*at - '0') < 10; ++at, ++decimals)
      value = value * 10 + static_cast<uint64_t>(*at - '0');
    if (at != end || decimals == 0) return false;
  }
  if (whole + decimals > kDigitsMax || (negative && value == 0)) return false;
  out.digits = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  out.decimals = decimals;
  return true;
}

char* write_number(char* to, int64_t digits, unsigned decimals) {
  uint64_t value = static_cast<uint64_t>(digits);
  if (digits < 0) {
    *to++ = '-';
    value = 0 - value;
  }
  std::array<char, 24> room;
  char* const end = room.data() + room.size();
  const uint64_t whole = decimals == 0 ? value : value / kPowers[decimals];
  const char* const begin = write_back(end, whole);
  const auto size = static_cast<size_t>(end - begin);
  std::memcpy(to, begin, size);
  to += size;
  if (decimals == 0) return to;
  uint64_t rest = value - whole * kPowers[decimals];
  *to++ = '.';
  char* at = to + decimals;
  for (; at - to >= 2; rest /= 100) std::memcpy(at -= 2, &kPairs[2 * (rest % 100)], 2);
  if (at != to) *to = static_cast<char>('0' + rest % 10);
  return to + decimals;
}

}  // namespace delever::tape
