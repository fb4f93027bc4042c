// Rate limits as Deribit counts them: each call costs credits of a pool that refills with time.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/time.h"

namespace delever::gateways::deribit {

class Credits {
 public:
  // False: there are not enough, and nothing is taken.
  bool take(const std::string& who, std::string_view method, Instant now);

 private:
  struct Pool {
    double left = 0;
    Instant at = Instant::min();
  };
  struct Cost {
    std::string_view pool;
    double cost, most, refill;  // a second
  };
  static Cost cost_of(std::string_view method);
  std::map<std::string, Pool, std::less<>> pools_;
};

}  // namespace delever::gateways::deribit
