// The brief as a function of its command line; `brief` and `demo` share it.
#pragma once

#include <string>
#include <vector>

#include "cli/brief.h"
#include "cli/cli.h"

namespace delever::cli {

struct BriefOptions {
  std::string episode;
  std::vector<std::string> tapes;
  std::string claims, asset, at, out;
  std::string rules = "rules/2026-01-30.toml", claim_rules = "rules/claims-2026-01-30.toml";
};
Result<Brief> brief_of(Session& session, const BriefOptions& options);

}  // namespace delever::cli
