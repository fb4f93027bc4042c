// What somebody may have meant who wrote a name that is none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace delever {

// The nearest of `known` to what was written, where it is near enough to be a slip; "" otherwise.
// A third of a word may be wrong, three letters at most; the beginning of a name is near it.
std::string nearest_of(std::string_view written, const std::vector<std::string>& known);

// " (did you mean NAME?)", or nothing: to put behind "no such thing".
std::string did_you_mean(std::string_view written, const std::vector<std::string>& known);

}  // namespace delever
