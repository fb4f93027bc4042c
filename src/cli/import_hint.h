// What helps somebody whose file could not be imported: which of the maps that come with the
// program reads it, or what the nearest one lacks.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "feeds/import.h"

namespace delever::cli {

// "maps/tardis-trades.toml reads it", without a full stop; "" where nothing is known to say.
std::string map_hint(const std::string& file);

struct GivenMap {
  std::string name, path;  // as it was typed, and where it was looked for
};
// An error of a first import mostly means that the file and the map, or the format, do not belong
// together: the same error with what fits.
Error helped(Error error, feeds::ImportFormat format, const std::vector<std::string>& files,
             const GivenMap& map);

}  // namespace delever::cli
