// Small text tasks that several modules share: splitting, trimming, reading whole numbers and
// doubles, writing doubles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace delever {

std::string_view trimmed(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);  // "a,,b" -> a, "", b
std::string upper(std::string_view text);
std::string lower(std::string_view text);

// For a terminal: control bytes (ESC among them) shown as \x1b; line ends and tabs, and everything
// beyond ASCII, as they are.
std::string printable(std::string_view text);
// A whole page of text for people: printable, and no -0.00.
std::string for_people(std::string_view text);

// The whole of `text` must be the number; no spaces, no '+'. Doubles never touch money (style:
// Numbers).
std::optional<int64_t> read_int(std::string_view text);
std::optional<double> read_double(std::string_view text);  // finite only

// Shortest text that reads back to the same number; never "-0", "nan" or "inf" (CHECKed).
std::string write_double(double value);

}  // namespace delever
