#include "cli/import_hint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/nearest.h"
#include "base/partial_file.h"
#include "feeds/map_trials.h"
#include "reports/inputs.h"

namespace delever::cli {
namespace {

constexpr size_t kNamed = 3, kShown = 80;

// As somebody in the project's folder would type it.
std::string short_path(const std::string& map) {
  return "maps/" + std::filesystem::path(map).filename().string();
}

std::string nearest_map(const feeds::CsvHead& head, const feeds::MapTrial& best) {
  const std::string name = short_path(best.map);
  if (!best.lacks.empty()) {
    const size_t shown = std::min(best.lacks.size(), kNamed);
    return fmt::format(
        "nearest is {}, which also wants the column{} {}{}", name, best.lacks.size() > 1 ? "s" : "",
        fmt::join(best.lacks.begin(), best.lacks.begin() + static_cast<std::ptrdiff_t>(shown),
                  ", "),
        best.lacks.size() > shown ? fmt::format(" and {} more", best.lacks.size() - shown) : "");
  }
  if (head.separator != ',') {
    const std::string mark(1, head.separator);
    return fmt::format(
        "{} has its columns; {} between the file's fields wants separator = \"{}\" in "
        "a copy of the map",
        name, mark == "\t" ? "a tab" : mark, mark == "\t" ? "tab" : mark);
  }
  return fmt::format("nearest is {}: {}", name, best.why_not);
}

std::string hint_of(const feeds::CsvHead& head, const std::vector<feeds::MapTrial>& trials) {
  std::vector<std::string> readers;
  for (const feeds::MapTrial& trial : trials) {
    if (trial.reads() && readers.size() < kNamed) readers.push_back(short_path(trial.map));
  }
  if (readers.size() == 1) return readers[0] + " reads it";
  if (!readers.empty())
    return fmt::format("{} read it; docs/data.md says which is for which archive",
                       fmt::join(readers, ", "));
  if (!trials.empty() && 2 * trials[0].lacks.size() <= trials[0].wanted.size() &&
      !trials[0].wanted.empty())
    return nearest_map(head, trials[0]);
  return fmt::format(
      "none of the {} maps has its columns ({}{}); docs/column-maps.md shows how to "
      "write one",
      trials.size(), head.header.substr(0, kShown), head.header.size() > kShown ? "..." : "");
}

std::vector<std::string> shipped_maps() { return feeds::maps_in(reports::find_shipped("maps")); }

// Where `map` is not among those that read it.
std::string other_map_hint(const std::string& file, const std::string& map) {
  const auto head = feeds::csv_head(file);
  if (!head || !head->is_table()) return "";
  const auto given = feeds::try_maps(*head, {map});
  if (!given.empty() && given[0].reads()) return "";
  const auto trials = feeds::try_maps(*head, shipped_maps());
  // Only what does read it: the error has said what this one lacks.
  return !trials.empty() && trials[0].reads() ? hint_of(*head, trials) : "";
}

// For a map that is not there: the name that was meant, and what reads the file.
std::string missing_map_hint(const std::string& file, const std::string& map) {
  std::vector<std::string> names;
  for (const std::string& path : shipped_maps()) {
    names.push_back(short_path(path));
    names.push_back(std::filesystem::path(path).stem().string());
  }
  std::string near = nearest_of(map, names);
  if (near.empty()) near = nearest_of(std::filesystem::path(map).stem().string(), names);
  if (!near.empty() && !near.starts_with("maps/")) near = "maps/" + near + ".toml";
  const std::string reads = map_hint(file);
  std::string out;
  if (!near.empty()) out = fmt::format("did you mean {}?", near);
  if (!reads.empty() && reads != near + " reads it") out += (out.empty() ? "" : "; ") + reads;
  if (out.empty()) out = "delever explain maps lists those that come with the program";
  return out;
}

// For a file that was given as messages and is a table.
std::string table_hint(const std::string& file) {
  const auto head = feeds::csv_head(file);
  if (!head || !head->is_table()) return "";
  // A receive time before JSON has commas too.
  if (head->header.find_first_of("{[") != head->header.npos) return "";
  const std::string reads = map_hint(file);
  return fmt::format("this looks like a table: delever import csv --map MAP{}",
                     reads.empty() ? "" : " (" + reads + ")");
}

// The file that the error is of: its place begins with the path.
std::string file_of(const Error& error, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (error.where.starts_with(file)) return file;
  }
  return files[0];
}

}  // namespace

std::string map_hint(const std::string& file) {
  const auto head = feeds::csv_head(file);
  if (head && head->utf16) return "it is UTF-16 text: save it as UTF-8 (\"CSV UTF-8\")";
  if (!head || !head->is_table()) return "";
  return hint_of(*head, feeds::try_maps(*head, shipped_maps()));
}

Error helped(Error error, feeds::ImportFormat format, const std::vector<std::string>& files,
             const GivenMap& map) {
  if (InterruptWatch::interrupted()) return error;
  const std::string file = file_of(error, files);
  std::string hint;
  if (format != feeds::ImportFormat::csv)
    hint = table_hint(file);
  else if (std::error_code ec; !std::filesystem::exists(map.path, ec))
    hint = missing_map_hint(file, map.name);
  else if (error.fault == Fault::malformed || error.fault == Fault::out_of_range)
    hint = other_map_hint(file, map.path);
  if (!hint.empty()) error.what += "; " + hint;
  return error;
}

}  // namespace delever::cli
