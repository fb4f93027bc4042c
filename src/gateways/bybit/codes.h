// What Bybit says when it refuses: retCode and retMsg.
// https://bybit-exchange.github.io/docs/v5/error
#pragma once

#include <string>
#include <string_view>

#include "gateways/bybit/catalog.h"

namespace delever::gateways::bybit {

struct Refusal {
  int code = 0;
  std::string text = "OK";
};

// The result member of an answer, or why there is none.
struct Outcome {
  Refusal refusal;
  std::string result = "{}";
  std::string more = "{}";  // retExtInfo
  Outcome() = default;
  Outcome(Refusal why) : refusal(std::move(why)) {}
  bool ok() const { return refusal.code == 0; }
};

Refusal bad_parameter(std::string_view what);
// Of an order that is asked for; `trigger` in words where that is what is wrong.
Refusal order_refusal(Reject reject, Category category, std::string_view trigger = {});
Refusal missing_order(Category category, std::string_view to);  // "cancel", "replace"
Refusal account_refusal(Reject reject);                         // leverage, modes, margin

}  // namespace delever::gateways::bybit
