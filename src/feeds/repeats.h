// Messages that are on a tape twice: an archive's doubled rows, a file that was imported twice,
// files that overlap. The tape has both, byte for byte, and both became known at the same
// nanosecond; so whoever reads in order of time need only remember one instant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/time.h"

namespace delever::feeds {

class Repeats {
 public:
  // Whether the same bytes came before at the same instant. Times must not fall.
  bool seen(Instant received, std::string_view bytes) {
    if (received != at_ || ends_.empty()) {
      at_ = received;
      bytes_.assign(bytes);
      ends_.assign(1, bytes.size());
      hashes_.clear();
      return false;
    }
    if (ends_.size() <= kListed) {
      size_t begin = 0;
      for (const size_t end : ends_) {
        if (std::string_view(bytes_).substr(begin, end - begin) == bytes) return true;
        begin = end;
      }
      bytes_.append(bytes);
      ends_.push_back(bytes_.size());
      return false;
    }
    return seen_among_many(bytes);
  }

 private:
  static constexpr size_t kListed = 16;  // beyond it, a set

  bool seen_among_many(std::string_view bytes) {
    if (hashes_.empty()) {
      size_t begin = 0;
      for (const size_t end : ends_) {
        hashes_.insert(bytes_.substr(begin, end - begin));
        begin = end;
      }
    }
    return !hashes_.emplace(bytes).second;
  }

  Instant at_;
  std::string bytes_;         // of the messages of this instant, end to end
  std::vector<size_t> ends_;  // in bytes_
  std::unordered_set<std::string> hashes_;
};

}  // namespace delever::feeds
