// CSV files through a column map.
#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "feeds/importer.h"
#include "venues/csv/csv.h"

namespace delever::feeds {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A row of the period that is, so far, the last of its file.
struct HeldRow {
  tape::StreamNumber stream;
  Instant known;
  std::string bytes;
  size_t events;
};

class CsvImporter final : public Importer {
 public:
  CsvImporter(venues::CsvMap map, const ImportOptions& options, tape::TapeWriter& tape,
              const std::function<void(const ImportProgress&)>& progress)
      : Importer(options, tape, progress), map_(std::move(map)) {}

 private:
  bool wants(const ByteMember& member) const override {
    return lower(member.name).ends_with(".csv");
  }

  std::string reading_of(const std::string& path) const override {
    std::string words = map_.text;
    const auto named = map_.settings(std::filesystem::path(path).stem().string(), "");
    if (!named.has_value()) return words;
    for (const auto& [key, value] : named.value()) {
      if (key.starts_with("file.")) words += "\n" + key + "=" + value;
    }
    return words;
  }

  Result<void> import_member(const std::string&, ByteMember& member) override {
    LineReader lines(*member.source, member.place);
    std::optional<std::string_view> row = TRY(lines.record());
    if (row && (row->starts_with("\xFF\xFE") || row->starts_with("\xFE\xFF")))
      return Error{Fault::malformed, "is UTF-16 text: save it as UTF-8 (\"CSV UTF-8\")",
                   member.place};
    if (row && row->starts_with(kByteOrderMark)) row->remove_prefix(kByteOrderMark.size());
    // A spreadsheet's own note of its separator; the map says it as well.
    if (row && row->size() == 5 && lower(*row).starts_with("sep=")) row = TRY(lines.record());
    for (int64_t n = 0; n < map_.skip_rows && row; ++n) row = TRY(lines.record());
    while (row && trimmed(*row).empty()) row = TRY(lines.record());
    if (!row) return Error{Fault::malformed, "an empty file", member.place};
    const bool has_header = map_.has_header(*row);
    const std::string stem = std::filesystem::path(member.name).stem().string();
    auto made = map_.settings(stem, has_header ? *row : std::string_view());
    if (!made.has_value()) return std::move(made.error()).at(member.place);
    settings_ = std::move(made).value();
    auto decoder = venues::CsvDecoder::make(settings_, instruments_, 0);
    if (!decoder.has_value()) return std::move(decoder.error()).at(lines.where());
    decoder_ = std::move(decoder).value();
    streams_.clear();
    held_.clear();
    held_at_.reset();
    if (has_header) row = TRY(lines.record());
    for (; row; row = TRY(lines.record())) {
      if (trimmed(*row).empty()) continue;
      auto read = decoder_->read(*row, std::nullopt, nullptr);
      if (!read.has_value()) {
        TRY(bad_row(lines, std::move(read.error())));
      } else if (!read.value().kept) {
        ++report_.left_out;
      } else {
        TRY(keep(read.value(), *row));
        tick(*member.source);
      }
    }
    report_.unfinished += held_.size();
    held_.clear();
    if (!lines.ended()) report_.unended.push_back(lines.where());
    return {};
  }

  Result<void> keep(const venues::CsvDecoder::Row& row, std::string_view bytes) {
    const tape::StreamNumber number = TRY(stream_of(row.venue));
    if (!map_.drop_last_period) return put(number, row.known, bytes, row.events);
    // Rows of the latest period wait: if the file ends here, they are of a period that was still
    // running.
    if (!held_at_ || row.at > *held_at_) {
      for (const HeldRow& held : held_) TRY(put(held.stream, held.known, held.bytes, held.events));
      held_.clear();
      held_at_ = row.at;
    }
    if (row.at < *held_at_) return put(number, row.known, bytes, row.events);
    held_.push_back({number, row.known, std::string(bytes), row.events});
    return {};
  }

  Result<void> put(tape::StreamNumber number, Instant known, std::string_view bytes,
                   size_t events) {
    report_.events += events;
    report_.without_event += events == 0;
    return append(number, known, bytes);
  }

  // One stream for each venue whose rows a file mixes.
  Result<tape::StreamNumber> stream_of(std::string_view venue) {
    if (const auto found = streams_.find(venue); found != streams_.end()) return found->second;
    tape::StreamInfo info{
        .name = map_.name, .venue = std::string(venue), .channel = map_.channel, .decoder = "csv"};
    if (!map_.name.starts_with(info.venue + ":")) info.name += "@" + info.venue;
    for (const auto& [key, value] : settings_) {
      if (key.starts_with("file.")) info.name += ":" + value;
    }
    info.settings = settings_;
    const tape::StreamNumber number = TRY(stream(info));
    streams_.emplace(venue, number);
    return number;
  }

  venues::CsvMap map_;
  Instruments instruments_;
  codec::StreamSettings settings_;
  std::unique_ptr<venues::CsvDecoder> decoder_;
  std::map<std::string, tape::StreamNumber, std::less<>> streams_;  // of this member, by venue
  std::vector<HeldRow> held_;
  std::optional<Instant> held_at_;
};

}  // namespace

Result<ImportReport> import_csv(const std::vector<std::string>& files, const ImportOptions& options,
                                tape::TapeWriter& tape,
                                const std::function<void(const ImportProgress&)>& progress) {
  if (options.map.empty()) return Error{Fault::not_found, "a CSV import needs a column map"};
  CsvImporter importer(TRY(venues::CsvMap::load(options.map)), options, tape, progress);
  return importer.run(files);
}

}  // namespace delever::feeds
