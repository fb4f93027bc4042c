// What a tape holds, and whether it is sound: for `tape info` and `tape verify`, which only print
// what these return.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tape/tape.h"

namespace delever::tape {

struct StreamSummary {
  StreamNumber number = 0;
  StreamInfo info;
  int64_t blocks = 0, runs = 0, messages = 0;
  int64_t raw_bytes = 0;               // of the payloads: messages with their times and lengths
  std::optional<Instant> first, last;  // none without messages
};

struct TapeInfo {
  int64_t file_bytes = 0;
  bool closed = false;  // false while it is written, and after a writer was killed
  int64_t blocks = 0, messages = 0, raw_bytes = 0;
  std::optional<Instant> first, last;
  std::vector<StreamSummary> streams;
  std::vector<TapeGap> gaps;    // recorded ones
  std::vector<TapeGap> damage;  // met while the list of blocks was read; verify looks further
  // What was recorded over what the file takes. None while there is nothing recorded.
  std::optional<double> ratio() const;
};

struct TapeCheck {
  TapeInfo info;             // counted from sound blocks only
  int64_t packed_bytes = 0;  // of their data
  // Each with its stream, its time range, and a reason that names the block.
  std::vector<TapeGap> damage;
  // Why the pages of the file had to be searched: SQLite's own trees are damaged, even where
  // nothing is lost.
  std::optional<std::string> trouble;
  bool sound() const { return damage.empty() && !trouble; }
};

Result<TapeInfo> tape_info(const std::string& path);  // reads the list of blocks, not the blocks
Result<TapeCheck> tape_verify(
    const std::string& path);  // reads every block: checksum, decompression, count

// Of each of the times: a digest of all that the tape holds of until then, which is every gap that
// began and every block whose first message was received by then, byte by byte. Two tapes of one
// digest tell the same until that time, if their streams are the same.
Result<std::vector<uint64_t>> tape_digests(const std::string& path,
                                           const std::vector<Instant>& until);
// Of one stream, its settings included.
uint64_t stream_digest(const StreamInfo& stream);

}  // namespace delever::tape
