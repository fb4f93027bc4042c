// Which build of the program this is: results are promised to be the same for the same input, seed
// and binary, so what one build has counted is not mixed with what another counts.
#pragma once

#include <string>

namespace delever::reports {

std::string version();  // "0.1.0"
std::string
commit();  // "2026-01-30 0123abc": its date and name; of a build for work, "a working tree"

// The linker's build id in hexadecimal, of the program or the library that this code is in; its
// version where the linker left none.
std::string build_id();

// What --version prints: the version, the build, the commit and its date, where the files that come
// with it are, and the newest date of each kind of rules.
std::string version_text();

}  // namespace delever::reports
