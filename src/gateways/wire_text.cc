#include "gateways/wire_text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"

namespace delever::gateways {

int digits_of(int64_t raw, int scale_digits) {
  if (raw == 0) return 0;
  int digits = scale_digits;
  for (; digits > 0 && raw % 10 == 0; --digits) raw /= 10;
  return digits;
}

std::string decimal(int64_t raw, int scale_digits, int digits) {
  if (digits >= scale_digits) return write_decimal(raw, scale_digits, digits);
  int64_t unit = 1;
  for (int k = digits; k < scale_digits; ++k) unit *= 10;
  const Wide half = raw < 0 ? -(unit / 2) : unit / 2;
  const auto rounded = static_cast<int64_t>((static_cast<Wide>(raw) + half) / unit);
  return write_decimal(rounded, digits, digits);
}

std::string decimal(double value, int digits) {
  CHECK(std::isfinite(value));
  return fmt::format("{:.{}f}", value, digits);
}

Digits digits_of(const exchange::Listing& listing) {
  const ContractRule& contract = *listing.rules.contract;
  return {digits_of(*contract.tick), digits_of(*contract.step)};
}

std::optional<Duration> interval_of(std::string_view name) {
  if (name.empty()) return std::nullopt;
  const char last = name.back();
  const bool bare = last >= '0' && last <= '9';
  const std::string_view number = bare ? name : name.substr(0, name.size() - 1);
  const auto count = number.empty() ? std::optional<int64_t>(1) : read_int(number);
  if (!count || *count <= 0 || *count > 10'000) return std::nullopt;
  if (bare) return Duration::minutes(*count);
  switch (last) {
    case 'm':
      return Duration::minutes(*count);
    case 'h':
    case 'H':
      return Duration::hours(*count);
    case 'd':
    case 'D':
      return Duration::days(*count);
    case 'w':
    case 'W':
      return Duration::days(7 * *count);
    default:
      return std::nullopt;
  }
}

}  // namespace delever::gateways
