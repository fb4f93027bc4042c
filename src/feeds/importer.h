// What the importers of all formats share: the sorter, the streams, the report, lenience.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "feeds/bytes.h"
#include "feeds/import.h"
#include "feeds/lines.h"
#include "feeds/sorter.h"
#include "market/first_market.h"

namespace delever::feeds {

class Importer {
 public:
  Importer(const ImportOptions& options, tape::TapeWriter& tape,
           const std::function<void(const ImportProgress&)>& progress)
      : options_(options), tape_(tape), progress_(progress), sorter_(tape, options.chunk_bytes) {}
  virtual ~Importer() = default;
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  Result<ImportReport> run(const std::vector<std::string>& files);

 protected:
  virtual bool wants(const ByteMember& member) const = 0;  // of a zip archive
  virtual Result<void> import_member(const std::string& path, ByteMember& member) = 0;
  virtual void finish() {}
  // What decides, beside its bytes, what is made of a file: map, decoder, what its name says.
  virtual std::string reading_of(const std::string& path) const = 0;
  // Files beside it that are read with it: times, requests.
  virtual std::vector<std::string> sidecars_of(const std::string&) const { return {}; }

  // Finds or adds a stream. Where the tape has another one of that name (another header, an older
  // map), the name gets a mark made from the settings.
  Result<tape::StreamNumber> stream(tape::StreamInfo info);
  Result<void> append(tape::StreamNumber stream, Instant received, std::string_view bytes);
  Result<void> bad_row(const LineReader& lines, Error why);  // an error; or, lenient, a count
  void tick(const ByteSource& source);

  const ImportOptions& options_;
  ImportReport report_;

 private:
  using Digest = Result<uint64_t> (*)(const std::string& path);
  Result<bool> is_new(const std::string& path);
  Result<void> import_file(const std::string& path, InputFile& file);
  Result<std::optional<std::string>> key_of(const std::string& path, const InputFile* read) const;
  Result<std::string> key_by(const std::string& path, uint64_t file, Digest digest) const;
  Result<std::optional<int64_t>> brought_before(const std::string& path, const std::string& key);
  tape::TapeWriter& tape_;
  const std::function<void(const ImportProgress&)>& progress_;
  std::unordered_set<std::string> named_;         // the streams in the report
  std::unordered_set<std::string> keys_, paths_;  // files of this command
  std::optional<bool> remembers_none_;            // the tape, before this command
  Sorter sorter_;
  ImportProgress now_;
  uint64_t files_before_ = 0;  // bytes of the files that are done
};

Result<ImportReport> import_csv(const std::vector<std::string>& files, const ImportOptions& options,
                                tape::TapeWriter& tape,
                                const std::function<void(const ImportProgress&)>& progress);
Result<ImportReport> import_messages(ImportFormat format, const std::vector<std::string>& files,
                                     const ImportOptions& options, tape::TapeWriter& tape,
                                     const std::function<void(const ImportProgress&)>& progress);

}  // namespace delever::feeds
