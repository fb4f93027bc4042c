// Result<T>: a value, or the reason there is none. For failures we expect: bytes from outside,
// disks, sockets. Names follow std::expected (absent from gcc 12 in C++20) so that a later switch
// is an alias.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace delever {

// malformed: the bytes are not what they claim to be.   unavailable: a file, disk or socket did not
// answer. refused: asked for something that we will not do.      out_of_range: well-formed, but
// beyond what we can hold. not_found: no such thing.                              no_evidence: the
// question is fair, the data cannot answer it.
// usage: what was asked is wrong by itself, whatever the data hold: an option, two that contradict.
enum class Fault { malformed, unavailable, refused, out_of_range, not_found, no_evidence, usage };

std::string_view fault_name(Fault fault);

struct Error {
  Fault fault;
  std::string what;
  std::string where{};  // "FILE:LINE", "FILE block 7", "rules.toml:12 funding.band"; empty when the
                        // caller knows best

  // Adds an outer place: at("a.csv") then what() reads "a.csv:12: ...". Keeps an inner place behind
  // it.
  [[nodiscard]] Error at(std::string_view place) && {
    where = where.empty() ? std::string(place) : std::string(place) + ":" + where;
    return std::move(*this);
  }
  [[nodiscard]] std::string text() const { return where.empty() ? what : where + ": " + what; }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  T& value() & {
    CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  Error& error() {
    CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const {
    CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

// Success carries nothing: `return {};`.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  void value() const { CHECK(has_value()); }
  Error& error() {
    CHECK(error_.has_value());
    return *error_;
  }
  const Error& error() const {
    CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace delever

// TRY(expr): the value, or return the error from the function we stand in.
#define TRY(expr)                                                        \
  __extension__({                                                        \
    auto&& try_result_ = (expr);                                         \
    if (!try_result_.has_value()) return std::move(try_result_.error()); \
    std::move(try_result_).value();                                      \
  })
