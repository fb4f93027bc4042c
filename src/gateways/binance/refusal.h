// Binance's codes and texts for what is refused. One place for each.
#pragma once

#include <string>
#include <string_view>

#include "market/command.h"

namespace delever::gateways::binance {

struct Refusal {
  int code = 0;
  std::string text;
  int status = 400;
};

// What a request was about, where the venue has a code of its own for it.
enum class About : uint8_t { order, cancel, query, leverage, margin_mode, position_mode, margin };

// Of what the exchange refused; `reject` is not none.
Refusal refusal_of(Reject reject, bool spot, About about);
// A mode that cannot change: because of open orders, or of a position.
Refusal modes_refusal(About about, bool orders);

std::string refusal_json(const Refusal& refusal);

Refusal missing_parameter(std::string_view name);
Refusal bad_parameter(std::string_view name);
inline Refusal no_such_symbol() { return {-1121, "Invalid symbol."}; }
inline Refusal no_such_order(About about) {
  if (about == About::query) return {-2013, "Order does not exist."};
  return {-2011, "Unknown order sent."};
}

}  // namespace delever::gateways::binance
