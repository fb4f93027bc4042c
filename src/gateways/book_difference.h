// What has changed between two states of the visible part of a book: levels that came or changed,
// and, with quantity 0, those that went or are no longer shown.
#pragma once

#include <vector>

#include "market/event.h"

namespace delever::gateways {

// Both best first.
inline std::vector<Level> changed_levels(const std::vector<Level>& before,
                                         const std::vector<Level>& now, Side side) {
  const auto better = [side](Price a, Price b) { return side == Side::buy ? a > b : a < b; };
  std::vector<Level> out;
  size_t i = 0, k = 0;
  while (i < before.size() || k < now.size()) {
    if (k == now.size() || (i < before.size() && better(before[i].price, now[k].price))) {
      out.push_back({.price = before[i++].price});
    } else if (i == before.size() || better(now[k].price, before[i].price)) {
      out.push_back(now[k++]);
    } else {
      if (before[i].qty != now[k].qty) out.push_back(now[k]);
      ++i;
      ++k;
    }
  }
  return out;
}

}  // namespace delever::gateways
