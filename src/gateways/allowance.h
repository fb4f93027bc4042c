// How often somebody may ask for something: a count within a window of fixed beginnings, as venues
// that reset their counters on the second keep it.
#pragma once

#include <map>
#include <string>

#include "base/time.h"

namespace delever::gateways {

class Allowances {
 public:
  struct Left {
    bool granted = true;
    uint32_t limit = 0, left = 0;
    Instant resets;
  };
  Left take(const std::string& who, uint32_t limit, Duration window, Instant now,
            uint32_t cost = 1) {
    if (counts_.size() > kMost) counts_.clear();
    Count& c = counts_[who];
    if (now - c.begins >= window || now < c.begins) {
      c.begins = Instant::ns(now.ns() - now.ns() % window.ns());
      c.used = 0;
    }
    Left out{.limit = limit, .resets = c.begins + window};
    out.granted = c.used + cost <= limit;
    if (out.granted) c.used += cost;
    out.left = limit - std::min(limit, c.used);
    return out;
  }

 private:
  static constexpr size_t kMost = 100'000;
  struct Count {
    Instant begins = Instant::min();
    uint32_t used = 0;
  };
  std::map<std::string, Count> counts_;
};

}  // namespace delever::gateways
