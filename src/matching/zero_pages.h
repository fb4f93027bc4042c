// An array of values that begin as zero bytes and cost memory where they are written alone: the
// kernel gives a page when it is touched first. A book of seven million ticks quotes a few
// thousand of them.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "base/check.h"

namespace delever::matching {

template <class T>
class ZeroPages {
 public:
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
  void reset(size_t size) {
    items_.reset();  // before the next are asked for
    items_.reset(static_cast<T*>(std::calloc(size, sizeof(T))));
    CHECK(items_ != nullptr || size == 0);
  }
  T& operator[](size_t i) { return items_[i]; }
  const T& operator[](size_t i) const { return items_[i]; }

 private:
  struct Free {
    void operator()(T* items) const { std::free(items); }
  };
  std::unique_ptr<T[], Free> items_;
};

}  // namespace delever::matching
