// The faces of option boards: a table for people, JSON, CSV with a line for each option, and the
// Markdown report that puts our figures beside those of a venue's published snapshots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "options/board.h"
#include "options/snapshot.h"

namespace delever::cli {

// One expiry of one board. The pointers are into the board; a missing one has its reason in
// `refused`.
struct ChainRow {
  const options::OptionBoard* board = nullptr;
  const options::Chain* chain = nullptr;
  const options::Exposure* exposure = nullptr;
  const options::Smile* smile = nullptr;
  std::optional<options::ForwardChoice> forwards;
  std::vector<options::StrikeInterest> strikes;
  double calls = 0, puts = 0;
  std::optional<options::MaxPain> pain;
  std::vector<Error> refused;
};

// By expiry, then venue and settlement coin; `only` keeps one day's expiries.
std::vector<ChainRow> chain_rows(const std::vector<options::OptionBoard>& boards,
                                 std::optional<Instant> only);

struct ChainPage {
  std::string asset, rules;
  Instant at;
  std::vector<ChainRow> rows;
  const std::vector<options::OptionBoard>* boards = nullptr;
};
std::string chain_text(const ChainPage& page);
Json chain_json(const ChainPage& page);
std::string chain_csv(const ChainPage& page);

// Every snapshot of a research file, expiry by expiry, after a summary of all of them.
std::string snapshots_markdown(const std::vector<options::BoardSnapshot>& boards);

}  // namespace delever::cli
