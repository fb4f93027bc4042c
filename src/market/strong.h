// Whole numbers that must not be mixed up: ids, lots, ticks. A Strong is its representation in
// everything but this: it does not become a Strong of another kind, so that two arguments of
// different kinds cannot be swapped. Plain integers go in and come out without a word, arithmetic
// is that of the representation, and it costs nothing.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>

namespace delever {

template <class Tag, std::integral Rep>
class Strong {
  __extension__ using Int128 = __int128;

 public:
  using Representation = Rep;
  constexpr Strong() = default;
  constexpr Strong(Rep value) : value_(value) {}
  template <class T>
  requires(!std::same_as<T, Rep> &&
           (std::is_arithmetic_v<T> || std::same_as<T, Int128>)) explicit constexpr Strong(T value)
      : value_(static_cast<Rep>(value)) {}  // as a static_cast does
  template <class OtherTag, class OtherRep>
  Strong(Strong<OtherTag, OtherRep>) = delete;  // not even when asked for

  constexpr operator Rep() const { return value_; }
  constexpr Rep raw() const { return value_; }

  constexpr Strong& operator+=(Strong x) {
    return *this = Strong(static_cast<Rep>(value_ + x.value_));
  }
  constexpr Strong& operator-=(Strong x) {
    return *this = Strong(static_cast<Rep>(value_ - x.value_));
  }
  constexpr Strong& operator++() { return *this += Strong(Rep{1}); }
  constexpr Strong operator++(int) {
    const Strong before = *this;
    ++*this;
    return before;
  }

 private:
  Rep value_{};
};

// Sums and differences of one kind are of that kind.
template <class Tag, std::signed_integral Rep>
constexpr Strong<Tag, Rep> operator+(Strong<Tag, Rep> a, Strong<Tag, Rep> b) {
  return static_cast<Rep>(a.raw() + b.raw());
}
template <class Tag, std::signed_integral Rep>
constexpr Strong<Tag, Rep> operator-(Strong<Tag, Rep> a, Strong<Tag, Rep> b) {
  return static_cast<Rep>(a.raw() - b.raw());
}
template <class Tag, std::signed_integral Rep>
constexpr Strong<Tag, Rep> operator-(Strong<Tag, Rep> a) {
  return static_cast<Rep>(-a.raw());
}

template <class T>
inline constexpr bool is_strong = false;
template <class Tag, class Rep>
inline constexpr bool is_strong<Strong<Tag, Rep>> = true;

}  // namespace delever

template <class Tag, class Rep>
struct std::hash<delever::Strong<Tag, Rep>> {
  size_t operator()(delever::Strong<Tag, Rep> x) const { return std::hash<Rep>()(x.raw()); }
};
