// Runs a CSV of worked examples against the library: each row is one venue, one computation, the
// figures it starts from and the figures it must give. docs/models/margin.md lists the columns and
// the topics. Nothing here knows a row by its id.
//
// A row passes when every figure that it expects was computed and agrees within its tolerance,
// fails when one disagrees, and is not covered when no rule of ours computes it from what the row
// gives; the reason says what is lacking.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rulebooks/rulebook_file.h"

namespace delever::conform {

enum class Outcome { pass, fail, not_covered };
std::string_view outcome_name(Outcome outcome);

struct ConformRow {
  std::string id, venue, kind;  // kind of evidence: "venue-doc", "derived", "third-party-test", ...
  Outcome outcome = Outcome::not_covered;
  std::string expected, got;  // "liquidation 95427.13567838, maintenance 450"
  std::string
      reason;  // of a failure or of not being covered; of a pass, an assumption that was needed
};

struct Tally {
  size_t pass = 0, fail = 0, not_covered = 0;
};

struct ConformReport {
  Tally total;
  std::map<std::string, Tally> venues, kinds;
  std::vector<ConformRow> rows;
};

// Text of a ladder CSV that a row names beside the examples
// ("tiers/binance_BTCUSDT_2024-10-24.csv"), where the shelf has no rulebook of that venue, symbol
// and date. May be empty.
using LadderReader = std::function<std::optional<std::string>(std::string_view relative_path)>;

// An error only when the text is no such CSV at all.
Result<ConformReport> conform(std::string_view csv, std::string_view file_name,
                              const rulebooks::RulebookShelf& shelf,
                              const LadderReader& ladders = {});

std::string conform_text(const ConformReport& report);
std::string conform_json(const ConformReport& report);

}  // namespace delever::conform
