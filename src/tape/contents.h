// What blocks a tape holds, one after another in order of their first message, and the messages of
// each. Here damage is met, told as gaps, and stepped around; the reader above merges what comes
// out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tape/block.h"
#include "tape/database.h"
#include "tape/salvage.h"
#include "tape/schema.h"
#include "tape/tape.h"

namespace delever::tape {

class TapeContents {
 public:
  // The tape as it is now: blocks that a writer adds later are not seen.
  static Result<TapeContents> open(const std::string& path, TapeReader::Options range);

  const TapeDescription& description() const { return tape_; }

  // Sees what a writer has added since (range.follow). False: nothing.
  Result<bool> refresh();
  // Where what is followed ends for now: no later message may be served yet.
  Instant visible() const { return visible_; }
  bool closed() const { return closed_; }

  // The next block in the order (first, stream, run, seq) that may hold messages in the range;
  // nullopt at the end.
  const BlockHeader* peek();
  void pop();
  // Reads one block. False when it is damaged: then a gap has been added to the damage.
  // `again` when a part of this block was served before.
  bool load(const BlockHeader& header, bool again, BlockMessages& out);
  size_t packed_bytes() const { return packed_bytes_; }  // of the last block loaded

  void add_damage(StreamNumber stream, Instant from, Instant to, std::string reason);
  // Damage met since this was last asked, that of the rows of gaps and streams included.
  std::vector<TapeGap> take_damage();
  // Why the pages had to be searched for blocks, once they were: SQLite's trees are damaged, even
  // if nothing is lost.
  const std::optional<std::string>& trouble() const { return trouble_; }

 private:
  struct Progress {
    int64_t next = 0;                      // the sequence number that follows
    Instant last = Instant::min();         // where the last block seen ended
    Instant last_before = Instant::min();  // and the one before it
    bool seen = false;                     // a block of the run has come by
    std::optional<int64_t> scouted{};  // the sequence number that follows in what was read ahead
  };
  enum class Step { serve, skip, again };
  enum class Row {
    sound,
    damaged,
    astray
  };  // astray: SQLite's trees lead nowhere, or to another row

  TapeContents(std::string path, TapeReader::Options range)
      : path_(std::move(path)), range_(range) {}
  Result<void> open_database();
  void end_open_gaps();
  Result<void> look_at_start();
  Result<void> look_at_end();
  Result<void> read_last_id();
  Result<void> read_last_stream();
  Result<void> refill();
  Result<void> scout(const BlockHeader& header);
  bool salvage(
      std::string why);  // false when the pages were searched before, or nothing is in them
  Step follow(const BlockHeader& header);
  bool complete();
  Row read_row(const BlockHeader& header, std::string_view& packed, std::string& why);
  bool whole_start() const { return range_.from == Instant::min(); }
  bool whole_range() const { return whole_start() && range_.to == Instant::max(); }
  int64_t upper() const {
    const int64_t end = range_.to == Instant::max() ? range_.to.ns() : range_.to.ns() - 1;
    return std::min(end, visible_.ns());
  }

  std::string path_;
  TapeReader::Options range_;
  TapeDescription tape_;
  std::optional<Database> db_;
  std::optional<Statement> next_, row_;
  int64_t last_id_ = 0;  // when the tape was opened, or last looked at
  struct Begun {
    Duration seen;   // by clock_
    Instant newest;  // when the newest block of that moment began
  };
  std::deque<Begun> begun_;
  Instant visible_ = Instant::max();
  bool closed_ = false;       // followed: the writer has closed it
  SystemClock clock_;         // followed: how long nothing has been added
  Duration last_id_changed_;  // since when
  bool end_known_ = false, opened_ = false;
  bool stray_told_ = false;
  std::deque<BlockHeader> ahead_;
  BlockHeader reached_;  // the last one taken from the index
  bool exhausted_ = false, finished_ = false, front_followed_ = false;
  std::map<std::pair<StreamNumber, int64_t>, Progress> runs_;
  std::vector<int64_t> blocks_seen_;  // by stream; or known to be lost

  std::optional<std::string> trouble_;
  std::optional<PageFile> pages_;
  std::unordered_map<int64_t, FoundBlock> found_;  // by id
  std::string found_packed_;

  Unpacker unpacker_;
  size_t packed_bytes_ = 0;
  std::vector<TapeGap> damage_;
};

}  // namespace delever::tape
