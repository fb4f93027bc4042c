// Judge: the same after every run. Each message that the venue sent while a recorder listened is on
// its tape once, or there is a gap where it would stand; the tape opens; what a death cost is at
// most the last second; no book is served inside a gap, and every book that is served is the
// venue's; memory stayed bounded; no rule of the venue was broken; when the faults had stopped,
// everything was heard again.
#pragma once

#include <string>
#include <vector>

#include "outside/run_testing.h"

namespace delever::outside {

// What is wrong, in words; empty: nothing.
std::vector<std::string> judge(const Script& script, const Outcome& outcome);
// Plays it, judges it, and takes its tapes away. `lived`: for how long somebody recorded.
std::vector<std::string> verdict_of(const Script& script, Duration* lived = nullptr);
// The shortest script that still fails: knobs off, fewer hours.
Script shrunk(Script script);

}  // namespace delever::outside
