// For tests of whole verbs: a tape made of archives, each through its column map.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/source_root.h"
#include "cli/run_testing.h"

namespace delever::cli {

using Archives = std::vector<std::pair<std::string, std::vector<std::string>>>;  // map, its files

inline void import_archives(const Archives& archives, const std::string& folder,
                            const std::string& tape) {
  for (const auto& [map, files] : archives) {
    std::vector<std::string> line{"import", "csv", "--map",
                                  source_root() + "/maps/" + map + ".toml"};
    for (const std::string& file : files) line.push_back(folder + "/" + file);
    line.insert(line.end(), {"--out", tape});
    const Ran ran = run(line);
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
}

}  // namespace delever::cli
