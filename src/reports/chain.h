// Option boards of one asset at one time, expiry by expiry.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "options/board.h"
#include "options/snapshot.h"
#include "reports/context.h"

namespace delever::reports {

// One expiry of one board. The pointers are into the board; a missing one has its reason in
// `refused`.
struct ChainRow {
  const options::OptionBoard* board = nullptr;
  const options::Chain* chain = nullptr;
  const options::Exposure* exposure = nullptr;
  const options::Smile* smile = nullptr;
  std::optional<options::ForwardChoice> forwards;
  std::vector<options::StrikeInterest> strikes;
  double calls = 0, puts = 0;  // of nothing that was told, where `told` is false
  bool told = false;           // some open interest
  std::optional<options::MaxPain> pain;
  std::vector<Error> refused;
};

// By expiry, then venue and settlement coin; `only` keeps one day's expiries.
std::vector<ChainRow> chain_rows(const std::vector<options::OptionBoard>& boards,
                                 std::optional<Instant> only);

// The rows point into `boards`: to be moved, not copied.
struct ChainReport {
  std::string asset, rules;
  Instant at;
  Duration current_for;  // an older board is not one of this time, and is shown as old
  std::vector<options::OptionBoard> boards;
  std::vector<ChainRow> rows;
  std::string note;  // gaps and clocks, of the tape; empty: none
};

struct ChainOptions {
  std::vector<std::string> tapes;
  std::string snapshots, asset = "BTC", at, expiry, rules = "rules/2026-01-30.toml";
};
Result<ChainReport> chain_report(const ChainOptions& options, Context& context);
// Every board of a research file (options.snapshots).
Result<std::vector<options::BoardSnapshot>> read_snapshots(const ChainOptions& options);

}  // namespace delever::reports
