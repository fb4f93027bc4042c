// Spilled: plain values in a row that may be longer than memory. The last of them are here, those
// before in a file without a name; where there can be none, all of them are here.
//
// Reading is cheap in order, or around two places at a time. One thread reads at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "base/spill_file.h"

namespace delever {

// `Here`: at least so many of the last stay here once others are in the file.
template <class T, size_t Here = 4096>
class Spilled {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = T;

    Iterator() = default;
    Iterator(const Spilled& of, size_t at) : of_(&of), at_(at) {}
    T operator*() const { return (*of_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    Iterator& operator--() { return --at_, *this; }
    Iterator& operator+=(difference_type n) {
      at_ = static_cast<size_t>(static_cast<difference_type>(at_) + n);
      return *this;
    }
    difference_type operator-(const Iterator& other) const {
      return static_cast<difference_type>(at_) - static_cast<difference_type>(other.at_);
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Spilled* of_ = nullptr;
    size_t at_ = 0;
  };

  size_t size() const { return spilled_ + here_.size(); }
  bool empty() const { return here_.empty(); }  // the last value is always here
  T& back() { return here_.back(); }
  const T& back() const { return here_.back(); }
  T front() const { return (*this)[0]; }
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

  void push_back(const T& value) {
    here_.push_back(value);
    if (here_.size() < 2 * kHere || !file_.append(here_.data(), kHere * sizeof(T))) return;
    here_.erase(here_.begin(), here_.begin() + static_cast<std::ptrdiff_t>(kHere));
    spilled_ += kHere;
  }

  T operator[](size_t i) const {
    CHECK(i < size());
    if (i >= spilled_) return here_[i - spilled_];
    const size_t chunk = i / kChunk;
    Read& read = read_[chunk % read_.size()];
    if (read.chunk != chunk || read.values.empty()) {
      read.values.resize(kChunk);
      read.chunk = chunk;
      file_.read(chunk * kChunk * sizeof(T), read.values.data(), kChunk * sizeof(T));
    }
    return read.values[i % kChunk];
  }

 private:
  static constexpr size_t kChunk = 512, kHere = Here;  // values
  static_assert(Here > 0 && Here % kChunk == 0);
  struct Read {
    size_t chunk = 0;
    std::vector<T> values;
  };
  std::vector<T> here_;
  size_t spilled_ = 0;  // values in the file, whole chunks of them
  SpillFile file_;
  mutable std::array<Read, 2> read_;  // neighbours stand in two of them
};

}  // namespace delever
