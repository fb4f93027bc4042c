// A memory: the file beside a tape that holds what questions need of it, in segments of ten minutes
// of receipt. docs/memory.md describes the format. It is written whole or not at all, belongs to
// one build of the program and to the very bytes of its tapes, and is never needed: who cannot read
// it reads the tapes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/partial_file.h"
#include "market/event.h"

namespace delever::memory {

inline constexpr Duration kSegment = Duration::minutes(10);

// The number of the segment that a time of receipt falls in: (n kSegment, (n + 1) kSegment].
int64_t segment_of(Instant received);

// What a tape is told by: by its inode, size and times at once, by its bytes otherwise.
struct TapeMark {
  uint64_t device = 0, inode = 0, size = 0, digest = 0;
  int64_t changed_ns = 0, written_ns = 0;
  friend bool operator==(const TapeMark&, const TapeMark&) = default;
};
// Without the digest. Missing: not a plain file, or somebody is writing to it.
std::optional<TapeMark> mark_of_tape(const std::string& path);

struct Piece {  // of the file
  uint64_t offset = 0, size = 0, hash = 0;
};

// Events of some instruments, apart from those of others: who asks for one coin's perpetuals reads
// no more than them.
struct Shelf {
  Piece piece;
  Piece minutes, forced;  // minutes.h; of size 0: none
  uint64_t count = 0;
  std::vector<InstrumentId> instruments;  // of its events; none: of streams
};

// Of `Segment::order`: who is next, and how many events further; that of each kind apart, for a
// mark's are alike.
inline constexpr size_t kNextShelf = 0;
constexpr size_t step_column(size_t shelf, const Event& event) {
  return 1 + shelf * std::variant_size_v<EventPayload> + event.payload.index();
}

struct Counts {
  uint64_t messages = 0, events = 0;
};
using Undecoded = std::map<std::pair<SourceId, std::string>, uint64_t>;

struct Segment {
  int64_t number = 0;
  Instant first, last;  // receipt of its first and last event or message
  Piece condensed, order, messages;
  std::vector<Shelf> shelves;  // `order` says whose event comes next
  uint64_t condensed_count = 0, event_count = 0, message_count = 0;
  std::vector<Counts> counts;  // by source, of this segment
  Undecoded undecoded;
};

// A description that the table of instruments got: before event `ordinal` of segment `segment`.
struct Description {
  size_t segment = 0;
  uint64_t ordinal = 0;
  Instant received;
  Instrument instrument;
};

// What `delever brief` says of a tape that tells little (reports/coverage.h).
struct KindSeen {
  uint32_t kind = 0;
  std::string name;  // payload_name()
  SourceId source = 0;
  uint64_t events = 0;
  Instant first, last;
};

// Where a reading of the tapes can go on once they have grown: what was known by `after`, when the
// first `segments` segments had ended, and what the tapes must still hold of until then.
struct Resume {
  Instant after;
  uint64_t segments = 0;
  Piece state;                    // written by remember.cc
  std::vector<uint64_t> streams;  // a digest of each, in the order of the sources
  std::vector<uint64_t> tapes;    // of each, all until `after`
};

struct Contents {
  std::string key;  // what a reader must have asked for
  std::vector<TapeMark> tapes;
  std::vector<Source> sources;
  std::vector<Instrument> instruments;  // before the first event
  std::vector<Description> descriptions;
  std::vector<Segment> segments;
  std::vector<KindSeen> seen;
  std::optional<Resume> resume;
  std::string coins;                 // coins_key() of the minutes
  std::vector<InstrumentId> broken;  // whose minutes are not to be used
};

class MemoryWriter {
 public:
  static Result<MemoryWriter> create(const std::string& path);
  Result<Piece> add(std::string_view packed);
  Result<void> finish(const Contents& contents);

 private:
  explicit MemoryWriter(OutputFile file) : file_(std::move(file)) {}
  OutputFile file_;
  uint64_t at_ = 0;
};

class MemoryReader {
 public:
  static Result<MemoryReader> open(const std::string& path);
  const Contents& contents() const { return contents_; }
  Result<std::string> read(const Piece& piece) const;
  // Whole and unchanged.
  Result<std::string> read_checked(const Piece& piece) const;

 private:
  explicit MemoryReader(FileHandle file) : file_(std::move(file)) {}
  FileHandle file_;
  Contents contents_;
};

}  // namespace delever::memory
