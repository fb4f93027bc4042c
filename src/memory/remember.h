// Remember: tapes read once from the first byte to the last, and what questions need of them
// written to a memory. Where an earlier memory of them is at its place and they have only grown,
// its segments stay and the reading goes on behind them, to the same memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "market/terms.h"

namespace delever::memory {

struct RememberOptions {
  std::string key;     // of the contents
  Duration ahead_max;  // Rules::clock_ahead_max
  std::function<void(uint64_t messages)> told = {};
  // Events of a coin in one segment that give it a shelf of its own in the next: fewer would be
  // packed worse than they are read sooner.
  uint64_t own_shelf = 1000;
  CoinNames coins = {};                        // by which minutes are in plain coins
  Duration minutes_kept = Duration::hours(3);  // minutes.h
};

struct Remembered {
  uint64_t kept = 0;  // segments of the memory that was there
};

// An error: these tapes cannot be remembered (damage, a clock that falls back, somebody writing),
// or the file cannot be written. Then nothing new is at `path`.
Result<Remembered> remember(const std::vector<std::string>& tapes, const std::string& path,
                            const RememberOptions& options);

}  // namespace delever::memory
