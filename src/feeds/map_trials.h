// Which column map is for a CSV file, found by trying each: its columns against the file's, and the
// file's first row through it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace delever::feeds {

// The beginning of a file that may be a table.
struct CsvHead {
  std::string name;    // of the file, or of the first member of an archive
  std::string header;  // its first line that is not empty
  std::string row;     // the one after it
  char separator = ',';
  size_t columns = 1;
  bool utf16 = false;  // no text that is read here
  bool is_table() const { return columns > 1; }
};
// Missing: the file cannot be read twice, is empty, or is no text.
std::optional<CsvHead> csv_head(const std::string& file);

struct MapTrial {
  std::string map;                  // its path
  std::vector<std::string> wanted;  // the columns it reads
  std::vector<std::string> lacks;   // those of them that the file has not
  std::string why_not;              // why it does not read the first row; empty: it does
  bool reads() const { return why_not.empty(); }
};
// Those that read the first row first, then by the share of their columns that the file has; among
// equals the map that has more words of the file's name in its own.
std::vector<MapTrial> try_maps(const CsvHead& head, const std::vector<std::string>& maps);

// The maps of a folder, by name.
std::vector<std::string> maps_in(const std::string& folder);

}  // namespace delever::feeds
