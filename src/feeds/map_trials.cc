#include "feeds/map_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "base/text.h"
#include "feeds/bytes.h"
#include "feeds/lines.h"
#include "venues/csv/csv.h"

namespace delever::feeds {
namespace {

constexpr size_t kLineMost = size_t{64} << 10;  // of a header: a book of 25 levels has 2 KiB

// What parts most of the line; a comma where nothing does.
char separator_of(std::string_view line) {
  char best = ',';
  for (const char mark : {';', '\t', '|'}) {
    if (std::count(line.begin(), line.end(), mark) > std::count(line.begin(), line.end(), best))
      best = mark;
  }
  return best;
}

// The fields without their spaces; none where the line cannot be taken apart.
std::vector<std::string> fields_of(std::string_view line, char separator) {
  codec::CsvRow row(separator);
  std::vector<std::string> out;
  if (!row.split(line).has_value()) return out;
  for (const std::string_view field : row.fields()) out.emplace_back(trimmed(field));
  return out;
}

bool is_text(std::string_view line) {
  return std::none_of(line.begin(), line.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r';
  });
}

// Why the map does not read the file, as an error would say it; empty: it does.
std::string fault_of(const venues::CsvMap& map, const CsvHead& head) {
  const bool has_header = map.has_header(head.header);
  const std::string stem = std::filesystem::path(head.name).stem().string();
  const auto settings =
      map.settings(stem, has_header ? std::string_view(head.header) : std::string_view());
  if (!settings.has_value()) return settings.error().what;
  Instruments instruments;
  auto decoder = venues::CsvDecoder::make(settings.value(), instruments, 0);
  if (!decoder.has_value()) return decoder.error().what;
  const std::string& row = has_header ? head.row : head.header;
  if (row.empty()) return "";  // a header alone: the columns have decided
  const auto read = decoder.value()->read(row, std::nullopt, nullptr);
  return read.has_value() ? "" : read.error().text();
}

MapTrial trial_of(const std::string& path, const venues::CsvMap& map, const CsvHead& head) {
  MapTrial trial{.map = path, .wanted = {}, .lacks = {}, .why_not = fault_of(map, head)};
  if (auto wanted = map.wanted_columns(); wanted.has_value()) trial.wanted = wanted.value();
  if (!map.has_header(head.header)) return trial;
  const std::vector<std::string> there = fields_of(head.header, head.separator);
  for (const std::string& column : trial.wanted) {
    if (std::find(there.begin(), there.end(), column) == there.end()) trial.lacks.push_back(column);
  }
  return trial;
}

// How much of the map's name the file's name has: "tardis-trades" of "..._trades_2026-01-30_...".
size_t words_shared(const std::string& map, const std::string& file) {
  const std::string name = lower(file), stem = std::filesystem::path(map).stem().string();
  size_t shared = 0;
  for (const std::string_view word : split(stem, '-'))
    shared += name.find(word) != name.npos ? word.size() : 0;
  return shared;
}

}  // namespace

std::optional<CsvHead> csv_head(const std::string& file) {
  std::error_code ec;
  if (!std::filesystem::is_regular_file(file, ec)) return std::nullopt;
  auto opened = InputFile::open(file);
  if (!opened.has_value()) return std::nullopt;
  auto member = opened.value()->next();
  if (!member.has_value() || !member.value()) return std::nullopt;
  LineReader lines(*member.value()->source, member.value()->place);
  CsvHead head{.name = member.value()->name, .header = {}, .row = {}};
  for (std::string* to : {&head.header, &head.row}) {
    while (to->empty()) {
      const auto line = lines.record();
      if (!line.has_value() || !line.value()) break;
      head.utf16 = line.value()->starts_with("\xFF\xFE") || line.value()->starts_with("\xFE\xFF");
      if (head.utf16) return head;
      if (line.value()->size() > kLineMost || !is_text(*line.value())) break;
      *to = trimmed(*line.value());
      if (to->starts_with("\xEF\xBB\xBF")) to->erase(0, 3);
      if (to->size() == 5 && lower(*to).starts_with("sep=")) to->clear();
    }
  }
  if (head.header.empty()) return std::nullopt;
  head.separator = separator_of(head.header);
  const bool json = head.header.starts_with('{') || head.header.starts_with('[');
  if (!json) head.columns = std::max<size_t>(1, fields_of(head.header, head.separator).size());
  return head;
}

std::vector<std::string> maps_in(const std::string& folder) {
  std::vector<std::string> maps;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
    if (entry.path().extension() == ".toml") maps.push_back(entry.path().string());
  }
  std::sort(maps.begin(), maps.end());
  return maps;
}

std::vector<MapTrial> try_maps(const CsvHead& head, const std::vector<std::string>& maps) {
  std::vector<MapTrial> out;
  for (const std::string& path : maps) {
    const auto map = venues::CsvMap::load(path);
    if (map.has_value()) out.push_back(trial_of(path, map.value(), head));
  }
  const auto rank = [&](const MapTrial& t) {
    const double lacking = t.wanted.empty() ? 1
                                            : static_cast<double>(t.lacks.size()) /
                                                  static_cast<double>(t.wanted.size());
    return std::tuple(!t.reads(), lacking, -static_cast<double>(words_shared(t.map, head.name)));
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const MapTrial& a, const MapTrial& b) { return rank(a) < rank(b); });
  return out;
}

}  // namespace delever::feeds
