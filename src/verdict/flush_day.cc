#include "verdict/flush_day.h"

#include <tuple>

namespace delever::verdict {

std::string FlushDay::why() const {
  std::string out;
  const auto add = [&](bool holds, const char* name) {
    if (holds) out += (out.empty() ? "" : "+") + std::string(name);
  };
  add(by_price, "price");
  add(by_liquidations, "liq");
  add(by_open_interest, "oi");
  return out;
}

bool before(const FlushDay& a, const FlushDay& b) {
  return std::tie(a.day, a.asset) < std::tie(b.day, b.asset);
}

}  // namespace delever::verdict
