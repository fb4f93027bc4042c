// The newest of a sequence: as many as asked for are kept, in one stretch of memory.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace delever::gateways {

template <class T>
class Recent {
 public:
  explicit Recent(size_t most) : most_(most) {}
  T& add(T item) {
    if (items_.size() >= 2 * most_)
      items_.erase(items_.begin(), items_.end() - static_cast<std::ptrdiff_t>(most_));
    items_.push_back(std::move(item));
    return items_.back();
  }
  std::span<const T> all() const {
    const size_t n = items_.size() < most_ ? items_.size() : most_;
    return {items_.data() + (items_.size() - n), n};
  }
  bool empty() const { return items_.empty(); }
  T& back() { return items_.back(); }

 private:
  size_t most_;
  std::vector<T> items_;
};

}  // namespace delever::gateways
