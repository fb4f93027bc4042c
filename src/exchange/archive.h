// One description of a state for both directions: a(x) saves x or restores it, little-endian
// whatever the machine.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "market/strong.h"
#include "market/units.h"

namespace delever::exchange {

class Saver {
 public:
  static constexpr bool kLoading = false;
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void operator()(T& x) {
    auto bits = static_cast<uint64_t>(x);
    for (size_t i = 0; i < sizeof(T); ++i, bits >>= 8)
      bytes_.push_back(static_cast<char>(bits & 0xff));
  }
  void operator()(Wide& x) {
    auto low = static_cast<uint64_t>(x), high = static_cast<uint64_t>(x >> 64);
    (*this)(low), (*this)(high);
  }
  template <class Tag, int kDigits>
  void operator()(Fixed<Tag, kDigits>& x) {
    auto raw = x.raw();
    (*this)(raw);
  }
  template <class Tag, class Rep>
  void operator()(Strong<Tag, Rep>& x) {
    Rep raw = x.raw();
    (*this)(raw);
  }
  template <class T, class F>
  void sequence(T& all, F each) {
    uint64_t n = all.size();
    (*this)(n);
    for (auto& x : all) each(x);
  }
  void fail(const char*) {}
  bool ok() const { return true; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Loader {
 public:
  static constexpr bool kLoading = true;
  explicit Loader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void operator()(T& x) {
    uint64_t bits = 0;
    if (rest_.size() < sizeof(T)) return fail("it ends too early");
    for (size_t i = 0; i < sizeof(T); ++i)
      bits |= uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    rest_.remove_prefix(sizeof(T));
    if constexpr (std::is_same_v<T, bool>) {
      if (bits > 1) return fail("a flag is neither 0 nor 1");
      x = bits != 0;
    } else {
      x = static_cast<T>(bits);
    }
  }
  void operator()(Wide& x) {
    uint64_t low = 0, high = 0;
    (*this)(low), (*this)(high);
    x = static_cast<Wide>(static_cast<int64_t>(high)) << 64 | static_cast<Wide>(low);
  }
  template <class Tag, int kDigits>
  void operator()(Fixed<Tag, kDigits>& x) {
    int64_t raw = 0;
    (*this)(raw);
    x = Fixed<Tag, kDigits>::raw(raw);
  }
  template <class Tag, class Rep>
  void operator()(Strong<Tag, Rep>& x) {
    Rep raw{};
    (*this)(raw);
    x = raw;
  }
  template <class T, class F>
  void sequence(T& all, F each) {
    uint64_t n = 0;
    (*this)(n);
    if (n > rest_.size())
      return fail("a count is larger than what follows");  // every element takes a byte
    all.clear();
    all.resize(n);
    for (auto& x : all) {
      if (!ok()) return;
      each(x);
    }
  }
  void fail(const char* why) {
    if (!why_) why_ = why;
    rest_ = {};
  }
  bool ok() const { return why_ == nullptr; }
  const char* why() const { return why_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  const char* why_ = nullptr;
};

}  // namespace delever::exchange
