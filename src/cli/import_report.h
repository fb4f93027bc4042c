// What an import came to, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "feeds/import.h"

namespace delever::cli {

std::string import_json(const feeds::ImportReport& report);
// `out`: the tape; `now`: what is received later than this is questioned.
std::string import_text(const feeds::ImportReport& report, const std::string& out, Instant now);
// A tape without a message helps nobody: none is made, and what became of the rows is said.
Error nothing_in(const feeds::ImportReport& report, const std::vector<std::string>& files);

}  // namespace delever::cli
