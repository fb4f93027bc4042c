// The file side of a writer: streams, gaps and cut blocks into the tables, each call one commit. No
// clock and no thread: the caller says what time it is. All disk access is SQLite's, so a VFS of
// SQLite (TapeWriter::Options::vfs) sees every write.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tape/block_queue.h"
#include "tape/columns.h"
#include "tape/database.h"
#include "tape/schema.h"
#include "tape/tape.h"

namespace delever::tape {

class BlockStore {
 public:
  BlockStore(std::string path, const TapeWriter::Options& options)
      : path_(std::move(path)), options_(options) {}

  Result<void> open(Duration now);  // makes the file where there is none
  const std::vector<StreamInfo>& streams() const { return streams_; }

  // Finds the stream of that name, or adds it. Refused where it is there with other attributes.
  Result<StreamNumber> stream(const StreamInfo& info, Duration now);
  Result<void> gap(const TapeGap& gap, Duration now);
  Result<void> no_gap(StreamNumber stream, Duration now);
  Result<void> store(const std::deque<CutBlock>& blocks, Duration now);
  Result<std::optional<int64_t>> remembered(const std::string& key);
  Result<bool> remembers_any(const std::string& form);
  Result<void> remember(const std::string& key, int64_t messages, Duration now);

  // A commit survives a killed process at once, and a power cut from here on. Commits that are due
  // (Options::flush_after / 4 after the last) do it by themselves; sync_due does it for a commit
  // that none follows. True when there was something to do.
  Result<bool> sync_due(Duration now);
  Result<void> sync(Duration now);

  Result<void> close();  // with the totals: the tape is whole
  void abandon();        // without: it says that it was not closed
  bool is_open() const { return db_ != nullptr; }
  const std::string& path() const { return path_; }
  void move_to(std::string path) { path_ = std::move(path); }  // before open()

 private:
  struct RunState {
    int64_t run = 0, seq = -1;  // of the last block
    Instant last = Instant::min();
    bool reopened = false;  // it was on the tape when this writer came, which has added nothing yet
    StreamTotals totals;
    bool by_columns = false;  // what the last block that was packed both ways came to
    uint32_t packed = 0;      // blocks by this writer
  };
  struct PackedBlock {
    int64_t raw_bytes = 0;
    std::string_view data;
  };

  bool one_commit() const { return options_.whole; }
  Result<void> load();
  Result<void> load_runs();
  Result<void> end_gaps_left_open();
  Result<void> store_block(const CutBlock& block);
  Result<PackedBlock> pack(const BlockBuilder& messages, RunState& state);
  Result<PackedBlock> pack_rows(const BlockBuilder& messages);
  Result<void> raise_span(const BlockHeader& header);
  template <class Action>
  Result<void> transaction(Duration now, Action&& action);

  std::string path_;
  const TapeWriter::Options options_;
  std::vector<StreamInfo> streams_;
  std::unordered_map<std::string, StreamNumber> by_name_;
  std::unique_ptr<Database> db_;
  std::unique_ptr<Statement> insert_;
  std::deque<RunState> runs_;  // by stream
  int64_t next_block_ = 1, next_gap_ = 1;
  struct OpenGap {
    int64_t id = 0;
    Instant from;
  };
  std::map<StreamNumber, OpenGap> open_gaps_;  // of this writer
  std::vector<TapeGap> left_open_;             // by one that died
  Instant known_until_ = Instant::min();       // the last thing on the tape when this writer came
  Duration span_max_;
  int64_t format_ = kTapeFormatOfRows;  // as the tape says
  Packer packer_;
  ColumnWriter columns_;
  std::string payload_;    // of the block that is stored; its memory is kept
  Duration synced_;        // when the disk last confirmed everything
  bool unsynced_ = false;  // something was committed since
};

}  // namespace delever::tape
