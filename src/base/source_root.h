// Where the sources were when this was built: tests and a build run from its tree find rules,
// rulebooks, maps and scenarios there.
#pragma once
#include <string>

namespace delever {

std::string source_root();  // without a slash at its end

}  // namespace delever
