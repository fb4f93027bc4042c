// Lines that can be typed as they stand in a fresh clone, one or two a verb: what `delever help`
// shows, and what a test runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace delever::cli {

struct Example {
  std::string_view verb, what, line;
};
std::vector<Example> examples_of(std::string_view verb);
const std::vector<Example>& all_examples();

}  // namespace delever::cli
