#include "rulebooks/trigger_fee.h"

namespace delever::rulebooks {

std::optional<std::string> trigger_fee_unknown(const Rulebook& book) {
  if (book.margin && book.margin->liquidation_fee) return std::nullopt;
  for (const Unknown& unknown : book.not_established) {
    if (unknown.figure == "margin.liquidation_fee") return unknown.why;
  }
  return std::nullopt;
}

}  // namespace delever::rulebooks
