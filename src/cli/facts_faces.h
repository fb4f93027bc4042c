// The report of stylised facts as text and JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/json.h"
#include "facts/targets.h"

namespace delever::cli {

struct FactsPage {
  std::string asset, rules;
  std::vector<std::string> recorded,
      simulated;  // what was read: tapes, or a scenario with its seeds
  facts::Report report;
};
std::string facts_text(const FactsPage& page);
Json facts_json(const FactsPage& page);

}  // namespace delever::cli
