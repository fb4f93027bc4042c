// The verdict's figures of judgement, read from one dated file (rules/verdict-*.toml), and weights
// that were fitted elsewhere.
#pragma once

#include <string>

#include "base/config.h"
#include "base/result.h"
#include "verdict/day_path.h"
#include "verdict/judge.h"

namespace delever::verdict {

// An item that carries no weight, with what was found when its gain was measured.
struct Unweighted {
  std::string id, what, found;
};

struct Setup {
  EventRules event;
  VerdictRules verdict;
  std::vector<Unweighted> unweighted;
  std::vector<std::string> tried;  // what was tried before this model was fixed, in words

  static Result<Setup> load(const Config& config, const std::string& file);
};

}  // namespace delever::verdict
