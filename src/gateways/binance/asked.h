// A request's parameters, read one by one; the first that is wrong is what the request is refused
// for.
#pragma once

#include <optional>
#include <string>

#include "gateways/binance/refusal.h"
#include "gateways/parameters.h"

namespace delever::gateways::binance {

// The `id` of a frame as it is handed back.
std::string as_json(const JsonTree& id);

class Asked {
 public:
  explicit Asked(const Parameters& parameters) : p_(parameters) {}

  std::string_view text(std::string_view name) const { return p_[name]; }
  bool has(std::string_view name) const { return p_.has(name); }
  std::string_view need(std::string_view name) {
    if (!p_.has(name)) refuse(missing_parameter(name));
    return p_[name];
  }
  std::optional<int64_t> whole(std::string_view name);
  std::optional<Instant> time(std::string_view name);  // milliseconds or microseconds
  // 1 to `most`; beyond that refused, as the venue does for `limit`.
  size_t limit(size_t usual, size_t most);
  bool flag(std::string_view name, bool usual = false);
  // Positive numbers alone.
  std::optional<Price> price(std::string_view name) { return fixed<Price>(name); }
  std::optional<Qty> qty(std::string_view name) { return fixed<Qty>(name); }
  std::optional<Amount> amount(std::string_view name) { return fixed<Amount>(name); }

  void refuse(Refusal refusal) {
    if (!wrong_) wrong_ = std::move(refusal);
  }
  bool ok() const { return !wrong_; }
  const Refusal& wrong() const { return *wrong_; }
  const Parameters& all() const { return p_; }

 private:
  template <class T>
  std::optional<T> fixed(std::string_view name) {
    const std::string_view given = p_[name];
    if (given.empty()) return std::nullopt;
    if (too_precise(given)) {
      refuse({-1111, "Parameter '" + std::string(name) + "' has too much precision."});
      return std::nullopt;
    }
    if (const auto value = T::parse(given); value.has_value()) {
      if (value.value() < T()) refuse_number(name, given);
      return value.value();
    }
    refuse_number(name, given);
    return std::nullopt;
  }
  // Of more than eight decimals; zeros at the end say nothing.
  static bool too_precise(std::string_view given) {
    const size_t point = given.find('.'), last = given.find_last_not_of('0');
    return point != given.npos && last != given.npos && last > point + 8;
  }
  void refuse_number(std::string_view name, std::string_view given);

  const Parameters& p_;
  std::optional<Refusal> wrong_;
};

}  // namespace delever::gateways::binance
