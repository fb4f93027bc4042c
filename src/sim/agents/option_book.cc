#include "sim/agents/option_book.h"

#include "options/black.h"

namespace delever::sim {

void OptionBook::revalue(const World& w, Duration settlement_window) {
  for (Line& line : lines) {
    const double price = w.assets[line.asset].price;
    line.expired = w.now >= line.expiry;
    if (line.expired) {
      line.delta = line.gamma = 0;
      continue;
    }
    const Duration left = line.expiry - w.now;
    const options::BlackGreeks g = options::black({.forward = price,
                                                   .strike = line.strike,
                                                   .years = left.in_years(),
                                                   .vol = line.vol,
                                                   .type = line.type});
    const double part =
        left < settlement_window ? left.in_seconds() / settlement_window.in_seconds() : 1.0;
    line.delta = g.delta * part;
    line.gamma = g.gamma * part;
    line.mark = g.price / price;
  }
}

std::optional<Price> OptionBook::mark_price(const Line& line) const {
  const auto p =
      Price::nearest(std::max(line.mark, tick / 100));  // an exchange takes 0 for no mark at all
  return p.has_value() ? std::optional(p.value()) : std::nullopt;
}

}  // namespace delever::sim
