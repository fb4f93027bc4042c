// Pages about the command line that are made from the command line itself: the manual and what a
// shell completes. Written when the program is built for installing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/options.h"

namespace delever::cli {

std::string manual_page(const std::vector<VerbInfo>& verbs);  // troff
std::string bash_completion(const std::vector<VerbInfo>& verbs);
// The help of a verb in so many columns: a description goes on under where it began.
std::string fitted_help(std::string_view help, size_t width);
// Both, as delever.1 and delever.bash.
Result<void> write_pages(const std::vector<VerbInfo>& verbs, const std::string& folder);

}  // namespace delever::cli
