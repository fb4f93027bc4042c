// The fee that a venue counts beside the maintenance margin in its trigger (OKX: the account's
// taker fee). Where nobody gave it, a liquidation price lies beyond the one at which the venue
// acts.
#pragma once

#include <optional>
#include <string>

#include "market/rulebook.h"

namespace delever::rulebooks {

// Why it is not known; missing where it is, and where the venue counts none.
std::optional<std::string> trigger_fee_unknown(const Rulebook& book);

}  // namespace delever::rulebooks
