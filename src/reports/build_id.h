// Which build of the program this is: results are promised to be the same for the same input, seed
// and binary, so what one build has counted is not mixed with what another counts.
#pragma once

#include <string>

namespace delever::reports {

// The linker's build id in hexadecimal, of the program that runs; its version where the linker left
// none.
std::string build_id();

}  // namespace delever::reports
