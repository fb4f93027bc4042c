#include "feeds/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/hash.h"
#include "base/partial_file.h"
#include "feeds/importer.h"

namespace delever::feeds {
namespace {

constexpr size_t kNamedBadRows = 20;
constexpr uint64_t kTickMessages = 4096;

// FNV-1a, so that the mark is the same on every machine.
uint32_t fingerprint(const tape::StreamInfo& info) {
  uint32_t hash = 2166136261u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
    hash = (hash ^ 0xffu) * 16777619u;
  };
  add(info.venue);
  add(info.channel);
  add(info.decoder);
  for (const auto& [key, value] : info.settings) {
    add(key);
    add(value);
  }
  return hash;
}

}  // namespace

Result<ImportFormat> read_import_format(std::string_view name) {
  if (name == "raw") return ImportFormat::raw;
  if (name == "jsonl") return ImportFormat::jsonl;
  if (name == "csv") return ImportFormat::csv;
  return Error{Fault::not_found,
               fmt::format("no import format \"{}\" (want raw, jsonl or csv)", name.substr(0, 40))};
}

Result<ImportReport> import_files(ImportFormat format, const std::vector<std::string>& files,
                                  const ImportOptions& options, tape::TapeWriter& tape,
                                  const std::function<void(const ImportProgress&)>& progress) {
  if (files.empty()) return Error{Fault::not_found, "no files to import"};
  return format == ImportFormat::csv ? import_csv(files, options, tape, progress)
                                     : import_messages(format, files, options, tape, progress);
}

Result<ImportReport> Importer::run(const std::vector<std::string>& files) {
  for (const std::string& path : files) {
    std::error_code ec;
    const auto size = std::filesystem::file_size(path, ec);
    if (!ec) now_.bytes_total += size;
  }
  for (const std::string& path : files) {
    now_.file = path;
    // A digest made before costs a second reading of the file. It is asked for only where the tape
    // may have had the file: else it is made on the way.
    const bool is_new = TRY(this->is_new(path));
    std::optional<std::string> key = is_new ? std::nullopt : TRY(key_of(path, nullptr));
    // A file that was imported before adds nothing. Two files of one command that are alike are
    // both read: they may be two recordings, and a replay tells what both say once.
    bool of_now = key && keys_.contains(*key) && !paths_.contains(path);
    paths_.insert(path);
    if (const auto before = key && !of_now ? TRY(brought_before(path, *key)) : std::nullopt) {
      report_.already.emplace_back(path, static_cast<uint64_t>(*before));
      continue;
    }
    const uint64_t messages_before = report_.messages;
    const std::unique_ptr<InputFile> file = TRY(InputFile::open(path, {.digest = is_new}));
    TRY(import_file(path, *file));
    if (is_new) {
      key = TRY(key_of(path, file.get()));
      of_now = key && keys_.contains(*key);
    }
    if (key) {
      keys_.insert(*key);
      if (!of_now)
        TRY(tape_.remember(*key, static_cast<int64_t>(report_.messages - messages_before)));
    }
    files_before_ += file->size();
  }
  TRY(sorter_.flush());
  finish();
  if (progress_) {
    now_.bytes = now_.bytes_total;
    now_.messages = report_.messages;
    progress_(now_);
  }
  return std::move(report_);
}

// Whether the tape cannot have had it: it knows of no file but those of this command, and this is
// none of them.
Result<bool> Importer::is_new(const std::string& path) {
  if (!remembers_none_) remembers_none_ = !TRY(tape_.remembers_any("*"));
  return *remembers_none_ && !paths_.contains(path);
}

Result<void> Importer::import_file(const std::string& path, InputFile& file) {
  uint64_t imported = 0, seen = 0;
  while (std::optional<ByteMember> member = TRY(file.next())) {
    ++seen;
    if (member->place != path && !wants(*member)) continue;
    ++imported;
    TRY(import_member(path, *member));
  }
  if (imported > 0) return {};
  return Error{Fault::malformed,
               fmt::format("a zip archive of {} files, none of them to be imported", seen), path};
}

// Of a file that can be read twice: its bytes, and how they are read. `read`: it was, just now.
Result<std::optional<std::string>> Importer::key_of(const std::string& path,
                                                    const InputFile* read) const {
  std::error_code ec;
  if (!std::filesystem::is_regular_file(path, ec)) return std::optional<std::string>();
  const std::optional<uint64_t> made = read != nullptr ? read->digest() : std::nullopt;
  const uint64_t digest = made ? *made : TRY(file_digest(path));
  return std::optional("2 " + TRY(key_by(path, digest, file_digest)));
}

Result<std::string> Importer::key_by(const std::string& path, uint64_t file, Digest digest) const {
  Hasher hasher;
  hasher.add(file);
  for (const std::string& beside : sidecars_of(path)) hasher.add(TRY(digest(beside)));
  hasher.add(reading_of(path));
  return fmt::format("{:016x}", hasher.digest());
}

// How many messages the tape had of it. Tapes of before December 2026 have another digest, which
// costs ten times as much: it is made only for those that have one.
Result<std::optional<int64_t>> Importer::brought_before(const std::string& path,
                                                        const std::string& key) {
  const auto before = TRY(tape_.remembered(key));
  if (before || !TRY(tape_.remembers_any(std::string(16, '?')))) return before;
  const uint64_t digest = TRY(file_digest_fnv(path));
  return tape_.remembered(TRY(key_by(path, digest, file_digest_fnv)));
}

Result<tape::StreamNumber> Importer::stream(tape::StreamInfo info) {
  auto number = tape_.stream(info);
  if (!number.has_value() && number.error().fault == Fault::refused) {
    info.name += fmt::format("~{:08x}", fingerprint(info));
    number = tape_.stream(info);
  }
  if (number.has_value() && named_.insert(info.name).second) report_.streams.push_back(info.name);
  return number;
}

Result<void> Importer::append(tape::StreamNumber stream, Instant received, std::string_view bytes) {
  if (options_.stop && options_.stop())
    return Error{Fault::unavailable, "interrupted: nothing was added"};
  report_.long_ago += received < kFirstMarket;
  ++report_.messages;
  report_.first = std::min(report_.first.value_or(received), received);
  report_.last = std::max(report_.last.value_or(received), received);
  return sorter_.add(stream, received, bytes);
}

Result<void> Importer::bad_row(const LineReader& lines, Error why) {
  Error placed = std::move(why).at(lines.where());
  if (!options_.lenient) return placed;
  ++report_.skipped;
  if (report_.bad_rows.size() < kNamedBadRows) report_.bad_rows.push_back(placed.text());
  return {};
}

void Importer::tick(const ByteSource& source) {
  if (!progress_ || report_.messages < now_.messages + kTickMessages) return;
  now_.bytes = files_before_ + source.consumed();
  now_.messages = report_.messages;
  progress_(now_);
}

}  // namespace delever::feeds
