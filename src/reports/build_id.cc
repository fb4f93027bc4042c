#include "reports/build_id.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <map>

#include "base/program_home.h"

namespace delever::reports {
namespace {

namespace fs = std::filesystem;

struct Dated {
  size_t files = 0;
  std::string newest = "undated";
};

// "BTCUSDT-2024-10-24" is BTCUSDT of 2024-10-24; "2026-01-30" has no name.
std::pair<std::string, std::string> name_and_date(const std::string& stem) {
  for (size_t at = 0; at + 4 <= stem.size(); ++at) {
    if ((at == 0 || stem[at - 1] == '-') && stem.compare(at, 2, "20") == 0 &&
        std::isdigit(static_cast<unsigned char>(stem[at + 2])))
      return {stem.substr(0, at == 0 ? 0 : at - 1), stem.substr(at)};
  }
  return {stem, ""};
}

void add(std::map<std::string, Dated>& found, const std::string& name, const std::string& date) {
  Dated& dated = found[name];
  ++dated.files;
  if (!date.empty() && (dated.newest == "undated" || date > dated.newest)) dated.newest = date;
}

// "claims 2026-01-30, gauges 2026-01-30": of one folder by the name before the date, of a folder of
// folders by theirs.
std::string dates_below(const fs::path& folder) {
  std::map<std::string, Dated> found;
  std::error_code ec;
  for (fs::recursive_directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
    if (at->path().extension() != ".toml") continue;
    const auto [name, date] = name_and_date(at->path().stem().string());
    const bool own = at->path().parent_path() == folder;
    add(found,
        own ? (name.empty() ? "gauges" : name) : at->path().parent_path().filename().string(),
        date);
  }
  std::string out;
  for (const auto& [name, dated] : found) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, dated.newest);
    if (dated.files > 1) out += fmt::format(" ({} files)", dated.files);
  }
  return out.empty() ? "none" : out;
}

}  // namespace

std::string version() { return DELEVER_VERSION; }

std::string commit() { return DELEVER_COMMIT; }

std::string build_id() {
  const std::string id = program_build_id();
  return id.empty() ? version() : id;
}

std::string version_text() {
  const std::string home = program_home();
  return fmt::format("delever {}\nbuild {}, from {}\nfiles {}\nrules {}\nrulebooks {}", version(),
                     build_id(), commit(), home, dates_below(fs::path(home) / "rules"),
                     dates_below(fs::path(home) / "rulebooks"));
}

}  // namespace delever::reports
