// The seeds of a run, and how far it came. Every draw is a function of (seed; stream, entity,
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
struct Record {
  uint32_t second = 0;  // seconds that were over when the score passed its best
  double score = 0;
  bool operator==(const Record&) const = default;
};
using Path = std::vector<Record>;  // rising; the first after the first second; may end once the
                                   // level is reached

}  // namespace delever::sim
