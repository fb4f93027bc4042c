// What the words of the program mean: gauges, states, metrics of claims, exit codes, rules, maps.
// Taken from where they are defined, so that nothing is said twice.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace delever::reports {

struct Explained {
  std::string kind;  // "gauges", "states", "metrics", "exit codes", "rules", "maps"
  std::string name;
  std::string meaning;
  std::vector<std::string> more{};
};
// By kind, within a kind in the order of its definition. An error: a rule file cannot be read.
Result<std::vector<Explained>> explained_words();

}  // namespace delever::reports
