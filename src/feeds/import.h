// Import: archives and captures of others onto a tape. The tape gets the raw rows and messages,
// each with the time it became known; every one is decoded once on the way in, so that a bad row is
// found now and named by file and line.
//
// After an error the tape holds what the earlier chunks brought (64 MiB each), unless it was opened
// `whole` (TapeWriter::Options). A file's digest stays on the tape, so that the same file in the
// same words is not added twice; what comes through a pipe has none.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/decoder.h"
#include "tape/tape.h"

namespace delever::feeds {

// raw: receive time in nanoseconds, a space, the message. jsonl: one message a line, with the
// sidecars .recv (receive time in ns or seconds), .query, .urls, .req (the request of each line)
// where they stand beside the file. csv: rows through a column map. All of them plain, gzip or zip.
enum class ImportFormat { raw, jsonl, csv };
Result<ImportFormat> read_import_format(std::string_view name);

struct ImportOptions {
  std::string map;      // csv: path of the column map
  std::string decoder;  // raw, jsonl: empty guesses it from the path (guess_stream)
  codec::StreamSettings
      settings;  // raw, jsonl: "symbol", "category", "request"; they win over what is guessed
  std::string
      stream;  // raw, jsonl: its name on the tape; empty makes one from decoder, symbol and request
  std::optional<Instant>
      received;  // jsonl without .recv: when all of it was received; else each message's own time
  bool lenient = false;  // bad rows are skipped and counted
  size_t chunk_bytes = size_t{16} << 20;
  std::function<bool()> stop = {};  // asked for each message: somebody wants it to end
};

struct ImportProgress {
  std::string_view file;
  uint64_t bytes = 0, bytes_total = 0;  // of the files on disk
  uint64_t messages = 0;
};

struct ImportReport {
  uint64_t messages = 0;  // on the tape now
  uint64_t events = 0;    // that they decode to
  uint64_t left_out = 0;  // rows that the map's [[where]] leaves out
  uint64_t unfinished =
      0;  // rows of a file's last period, where the map says that it was still running
  uint64_t without_event =
      0;  // rows with nothing in them, acknowledgements, channels that carry no event of ours
  uint64_t skipped = 0;  // bad rows (lenient); the first few are named below
  std::vector<std::string> bad_rows;
  codec::DecodeCounts::ByName undecoded,
      unknown_channels;  // kept on the tape, but not understood; by reason and by channel
  std::vector<std::string> refusals;  // the first few that venues answered with, in their words
  std::vector<std::string> unended;  // last rows without a line end, "FILE:LINE"
  std::vector<std::string> streams;
  std::optional<Instant> first, last;  // receive times
  // Files that this tape had been given before, with the messages they brought then.
  std::vector<std::pair<std::string, uint64_t>> already;
  uint64_t long_ago = 0;  // rows of before there was such a market: wrong unit of time?
  // Messages that the venue stamped later than they were received, and by how much at most: one of
  // the two clocks is wrong (a recorder that took local time for UTC).
  uint64_t ahead = 0;
  Duration ahead_most;
  // Messages received since, in which the venue stamped something of before there was a market.
  uint64_t stamped_long_ago = 0;
};

Result<ImportReport> import_files(ImportFormat format, const std::vector<std::string>& files,
                                  const ImportOptions& options, tape::TapeWriter& tape,
                                  const std::function<void(const ImportProgress&)>& progress = {});

}  // namespace delever::feeds
