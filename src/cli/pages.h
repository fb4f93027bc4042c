// Pages about the command line that are made from the command line itself: the manual and what a
// shell completes. Written when the program is built for installing.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/options.h"

namespace delever::cli {

std::string manual_page(const std::vector<VerbInfo>& verbs);  // troff
std::string bash_completion(const std::vector<VerbInfo>& verbs);
// Both, as delever.1 and delever.bash.
Result<void> write_pages(const std::vector<VerbInfo>& verbs, const std::string& folder);

}  // namespace delever::cli
