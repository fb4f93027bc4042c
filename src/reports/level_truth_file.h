// The truth that `delever simulate` writes beside a tape (TAPE.positions.csv, TAPE.accounts.csv),
// as liquidation prices by time and contract. For scoring levels; nothing of it is seen by what
// infers them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "levels/level_truth.h"
#include "rulebooks/rulebook_file.h"

namespace delever::reports {

// By contract ("binance BTCUSDT") and time.
using LevelTruth = std::map<std::string, std::map<Instant, levels::TrueMoment>>;

// Wallets of cross accounts come from the accounts file: at the start and the end, and where an
// account traded between, moved by an equal part of the difference with every change of its
// position. `rulebooks_of`: the date of the rulebooks, as of RulebookShelf::find; venues without
// that date use their latest.
Result<LevelTruth> read_level_truth(const std::string& positions_path,
                                    const rulebooks::RulebookShelf& shelf,
                                    const std::string& rulebooks_of);

// The rulebook of a date, else the latest.
const Rulebook* rulebook_of(const rulebooks::RulebookShelf& shelf, const std::string& venue,
                            const std::string& symbol, const std::string& date);

}  // namespace delever::reports
