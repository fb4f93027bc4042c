#include "sim/kernel/population.h"

namespace delever::sim {

std::string_view account_kind_name(AccountKind kind) {
  static constexpr std::string_view names[kAccountKinds] = {
      "isolated", "cross", "portfolio", "maker",     "dealer",
      "holder",   "value", "noise",     "arbitrage", "outside"};
  return names[static_cast<size_t>(kind)];
}

}  // namespace delever::sim
