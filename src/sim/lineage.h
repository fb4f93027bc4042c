// The seeds of a run. Every draw is a function of (seed; stream, entity,
// second), so a run that takes another seed from some second on is an exact copy until then with
// fresh randomness after it.
#pragma once

#include <cstdint>
#include <vector>

namespace delever::sim {

struct Branch {
  uint32_t second = 0;  // from this second of the run on
  uint64_t seed = 0;
  bool operator==(const Branch&) const = default;
};
using Lineage = std::vector<Branch>;  // ascending, the first one at 0

}  // namespace delever::sim
