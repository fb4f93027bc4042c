// Option boards: a table for people, JSON, CSV with a line for each option, and the
// Markdown report that puts our figures beside those of a venue's published snapshots.
#pragma once

#include <string>
#include <vector>

#include "options/snapshot.h"
#include "render/json.h"
#include "reports/chain.h"

namespace delever::render {

std::string chain_text(const reports::ChainReport& page);
Json chain_json(const reports::ChainReport& page);
std::string chain_csv(const reports::ChainReport& page);

// Every snapshot of a research file, expiry by expiry, after a summary of all of them.
std::string snapshots_markdown(const std::vector<options::BoardSnapshot>& boards);

}  // namespace delever::render
