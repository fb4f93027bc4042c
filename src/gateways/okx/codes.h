// What OKX says when it refuses: code and msg of an answer, sCode and sMsg of one order.
// https://www.okx.com/docs-v5/en/#error-code
#pragma once

#include <string>
#include <string_view>

#include "gateways/okx/catalog.h"

namespace delever::gateways::okx {

struct Refusal {
  int code = 0;
  std::string text;
};

// The rows of an answer, or why there are none.
struct Outcome {
  Refusal refusal;
  std::string rows = "[]";  // also where some of a batch were refused
  int status = 200;
  Outcome() = default;
  Outcome(Refusal why) : refusal(std::move(why)) {}
  bool ok() const { return refusal.code == 0; }
};

Refusal parameter_error(std::string_view name);
Refusal no_instrument();
// `side` and `take_profit` where a trigger is due already.
Refusal order_refusal(Reject reject, Side side = Side::buy, bool take_profit = false);
Refusal account_refusal(Reject reject);

}  // namespace delever::gateways::okx
