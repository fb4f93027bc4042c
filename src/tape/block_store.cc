#include "tape/block_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace delever::tape {

Result<void> BlockStore::open(Duration now) {
  struct stat info {};
  const bool named = stat(path_.c_str(), &info) == 0;
  if (named) TRY(check_file(path_, true));
  // One that is to be whole and has nothing to go back to: it is thrown away where it fails, and
  // the disk confirms it when it gets its name. A log beside it would have every page written
  // twice.
  const bool thrown_away = one_commit() && named && info.st_size == 0;
  synced_ = now;
  db_ = std::make_unique<Database>(TRY(Database::open(path_, Database::Mode::write, options_.vfs)));
  TRY(db_->run(fmt::format("PRAGMA page_size = {}", kTapePageBytes).c_str()));
  const bool blank = TRY(is_blank(*db_));
  if (!blank) {
    TRY(check_format(*db_));
    format_ = TRY(read_setting(*db_, "format")).value_or(kTapeFormatOfRows);
  }
  TRY(db_->run(thrown_away ? "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"
                           : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
  if (blank) TRY(create_schema(*db_));
  TRY(load());
  // Absent while the tape is being written; and before anything else of it is on the disk, so that
  // after a power cut it never says that it was closed.
  // With one commit for everything the mark is a part of it: until then the tape is what it was.
  if (!thrown_away) TRY(db_->run("PRAGMA synchronous = FULL"));
  if (one_commit()) {
    TRY(db_->run("BEGIN IMMEDIATE"));
    TRY(put_totals(*db_, {}));
    TRY(end_gaps_left_open());
  } else {
    TRY(set_totals(*db_, {}));
    TRY(end_gaps_left_open());
    TRY(db_->run("PRAGMA synchronous = NORMAL"));
  }
  insert_ = std::make_unique<Statement>(
      TRY(db_->prepare("INSERT INTO blocks VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")));
  return {};
}

// Where an earlier writer left off.
Result<void> BlockStore::load() {
  TapeDescription tape = TRY(read_description(*db_));
  if (!tape.damage.empty()) {
    return Error{Fault::refused,
                 fmt::format("damaged, so nothing is added to it: {}", tape.damage[0].reason),
                 path_};
  }
  streams_ = std::move(tape.streams);
  runs_.resize(streams_.size());
  for (size_t i = 0; i < streams_.size(); ++i)
    by_name_.emplace(streams_[i].name, static_cast<StreamNumber>(i + 1));
  for (size_t i = 0; i < runs_.size(); ++i)
    runs_[i].totals.stream = static_cast<StreamNumber>(i + 1);
  for (const TapeGap& gap : tape.gaps) {
    ++runs_[gap.stream - 1].totals.gaps;
    if (gap.open) left_open_.push_back(gap);
    known_until_ = std::max(known_until_, gap.open ? gap.from : gap.to);
  }
  TRY(load_runs());
  next_block_ = std::max(next_block_, TRY(db_->integer("SELECT max(id) FROM blocks")) + 1);
  next_gap_ = TRY(db_->integer("SELECT max(id) FROM gaps")) + 1;
  if (tape.span_max) span_max_ = *tape.span_max;
  return {};
}

Result<void> BlockStore::load_runs() {
  // With max(), SQLite takes the other columns from the row that has it (documented: "bare
  // columns").
  Statement rows = TRY(db_->prepare(
      "SELECT stream, max(id), run, seq, last_ns, count(*), sum(count), sum(raw_bytes) "
      "FROM blocks INDEXED BY blocks_by_time GROUP BY stream"));
  while (TRY(rows.row())) {
    const int64_t stream = rows.integer(0);
    if (stream < 1 || stream > static_cast<int64_t>(streams_.size())) {
      return Error{Fault::malformed,
                   fmt::format("a block of stream {}, which is not on the tape", stream), path_};
    }
    next_block_ = std::max(next_block_, rows.integer(1) + 1);
    RunState& state = runs_[static_cast<size_t>(stream - 1)];
    state.run = rows.integer(2);
    state.reopened = true;
    state.seq = rows.integer(3);
    state.last = Instant::ns(rows.integer(4));
    known_until_ = std::max(known_until_, state.last);
    state.totals.runs = state.run + 1;
    state.totals.blocks = rows.integer(5);
    state.totals.messages = rows.integer(6);
    state.totals.raw_bytes = rows.integer(7);
  }
  return {};
}

// What the last writer died in ended with what it wrote: from there on this one tells.
Result<void> BlockStore::end_gaps_left_open() {
  for (TapeGap& gap : left_open_) {
    gap.to = std::max(gap.from, known_until_);
    TRY(put_gap(*db_, gap.id, gap));
  }
  left_open_.clear();
  return {};
}

// A commit that SQLite makes with `synchronous` NORMAL waits for no disk: a killed process loses
// nothing, a power cut loses all commits since the last fsync of the WAL. With FULL that fsync
// follows the commit and covers those before it too. So the commits that are due are made with
// FULL: a few fsyncs a second, however many commits.
template <class Action>
Result<void> BlockStore::transaction(Duration now, Action&& action) {
  if (one_commit()) {
    auto done = action();
    if (!done.has_value()) return std::move(done.error()).at(path_);
    return {};
  }
  const bool due = now - synced_ >= options_.flush_after / 4;
  auto result = due ? db_->run("PRAGMA synchronous = FULL") : Result<void>{};
  if (result.has_value()) result = db_->run("BEGIN IMMEDIATE");
  if (result.has_value()) result = action();
  if (result.has_value()) result = db_->run("COMMIT");
  if (result.has_value() && due) result = db_->run("PRAGMA synchronous = NORMAL");
  if (!result.has_value()) {
    Error error = std::move(result.error());
    (void)db_->run("ROLLBACK");
    return std::move(error).at(path_);
  }
  unsynced_ = !due;
  if (due) synced_ = now;
  return {};
}

Result<bool> BlockStore::sync_due(Duration now) {
  if (!unsynced_ || now - synced_ < options_.flush_after / 4) return false;
  TRY(sync(now));
  return true;
}

// A checkpoint begins with an fsync of the WAL. What readers keep it from folding in is on the disk
// all the same.
Result<void> BlockStore::sync(Duration now) {
  auto done = db_->run("PRAGMA wal_checkpoint(PASSIVE)");
  if (!done.has_value()) return std::move(done.error()).at(path_);
  synced_ = now;
  unsynced_ = false;
  return {};
}

Result<StreamNumber> BlockStore::stream(const StreamInfo& info, Duration now) {
  if (const auto found = by_name_.find(info.name); found != by_name_.end()) {
    const StreamInfo& there = streams_[found->second - 1];
    if (there.venue == info.venue && there.channel == info.channel &&
        there.decoder == info.decoder && there.settings == info.settings) {
      return found->second;
    }
    return Error{
        Fault::refused,
        fmt::format(
            "stream {} is on this tape already with other attributes ({} {} {} {}, not {} {} {} "
            "{}): give it another name",
            info.name, there.venue, there.channel, there.decoder, write_settings(there.settings),
            info.venue, info.channel, info.decoder, write_settings(info.settings)),
        path_};
  }
  if (info.name.empty()) return Error{Fault::refused, "a stream needs a name", path_};
  const auto number = static_cast<StreamNumber>(streams_.size() + 1);
  TRY(transaction(now, [&] { return insert_stream(*db_, number, info); }));
  streams_.push_back(info);
  by_name_.emplace(info.name, number);
  runs_.emplace_back();
  runs_.back().totals.stream = number;
  return number;
}

Result<void> BlockStore::gap(const TapeGap& gap, Duration now) {
  if (gap.to < gap.from) {
    return Error{
        Fault::refused,
        fmt::format("a gap that ends at {} before it begins at {}", gap.to.text(), gap.from.text()),
        path_};
  }
  const auto before = open_gaps_.find(gap.stream);
  const bool replaces = before != open_gaps_.end() && (gap.open || gap.from == before->second.from);
  const int64_t id = replaces ? before->second.id : next_gap_;
  TapeGap row = gap;
  if (gap.open) row.to = kNoEnd;
  TRY(transaction(now, [&] { return put_gap(*db_, id, row); }));
  if (gap.open)
    open_gaps_[gap.stream] = {id, gap.from};
  else if (replaces)
    open_gaps_.erase(before);
  if (replaces) return {};
  ++next_gap_;
  ++runs_[gap.stream - 1].totals.gaps;
  return {};
}

Result<void> BlockStore::no_gap(StreamNumber stream, Duration now) {
  const auto open = open_gaps_.find(stream);
  if (open == open_gaps_.end()) return {};
  TRY(transaction(now, [&] { return remove_gap(*db_, open->second.id); }));
  open_gaps_.erase(open);
  --runs_[stream - 1].totals.gaps;
  return {};
}

Result<void> BlockStore::store(const std::deque<CutBlock>& blocks, Duration now) {
  return transaction(now, [&]() -> Result<void> {
    for (const CutBlock& block : blocks) TRY(store_block(block));
    return {};
  });
}

// One block in so many is packed both ways, and those until the next as it came out: what a stream
// is like rarely changes. Rows are read back a little faster, so columns must be worth it.
Result<BlockStore::PackedBlock> BlockStore::pack(const BlockBuilder& messages, RunState& state) {
  constexpr uint32_t kMeasured = 64;
  const bool measured = state.packed++ % kMeasured == 0;
  if (!measured && !state.by_columns) return pack_rows(messages);
  if (!columns_.write(messages)) {
    if (measured) state.by_columns = false;
    return pack_rows(messages);
  }
  const PackedBlock rows = measured ? TRY(pack_rows(messages)) : PackedBlock{};
  const size_t raw_bytes =
      measured ? static_cast<size_t>(rows.raw_bytes) : messages.payload_bytes();
  if (columns_.head().size() + columns_.body().size() > raw_bytes)
    return measured ? rows : pack_rows(messages);
  const std::string_view packed = TRY(packer_.pack_columns(columns_, options_.compression));
  if (measured) state.by_columns = packed.size() + rows.data.size() / 8 < rows.data.size();
  if (!state.by_columns) return rows;
  return PackedBlock{static_cast<int64_t>(raw_bytes), packed};
}

Result<BlockStore::PackedBlock> BlockStore::pack_rows(const BlockBuilder& messages) {
  // Rarely a message is so large that its memory is not worth keeping.
  constexpr size_t kPayloadKept = size_t{4} << 20;
  if (payload_.capacity() > kPayloadKept) payload_ = std::string();
  messages.write_payload(payload_);
  CHECK(payload_.size() <= kPayloadMax);
  const std::string_view packed = TRY(packer_.pack(payload_, options_.compression));
  return PackedBlock{static_cast<int64_t>(payload_.size()), packed};
}

Result<void> BlockStore::store_block(const CutBlock& block) {
  const BlockBuilder& messages = block.messages;
  RunState& state = runs_[block.stream - 1];
  if (messages.first() < state.last || (state.reopened && messages.first() == state.last)) {
    ++state.run;
    state.seq = -1;
  }
  state.last = messages.last();
  state.reopened = false;
  const PackedBlock block_packed = TRY(pack(messages, state));
  const std::string_view packed = block_packed.data;
  if (packed.starts_with(kColumnsMark) && format_ < kTapeFormat) {
    TRY(put_setting(*db_, "format", kTapeFormat));
    format_ = kTapeFormat;
  }
  const BlockHeader header{next_block_++,
                           block.stream,
                           state.run,
                           ++state.seq,
                           messages.first(),
                           messages.last(),
                           static_cast<int64_t>(messages.count()),
                           block_packed.raw_bytes};
  state.totals.runs = state.run + 1;
  ++state.totals.blocks;
  state.totals.messages += header.count;
  state.totals.raw_bytes += header.raw_bytes;
  TRY(raise_span(header));
  insert_->bind(1, header.id)
      .bind(2, int64_t{header.stream})
      .bind(3, header.run)
      .bind(4, header.seq);
  insert_->bind(5, header.first.ns())
      .bind(6, header.last.ns())
      .bind(7, header.count)
      .bind(8, header.raw_bytes);
  return insert_->bind(9, int64_t{block_checksum(header, packed)}).bind_blob(10, packed).done();
}

// How long the longest block lasts tells a reader how far before a time it must look. Doubled, so
// that it is written a few times in the life of a tape.
Result<void> BlockStore::raise_span(const BlockHeader& header) {
  int64_t span = 0;
  if (__builtin_sub_overflow(header.last.ns(), header.first.ns(), &span))
    span = kSpanUnbounded.ns();
  if (span <= span_max_.ns()) return {};
  span_max_ = __builtin_mul_overflow(span, 2, &span) ? kSpanUnbounded : Duration::ns(span);
  return set_span(*db_, span_max_);
}

Result<void> BlockStore::close() {
  std::vector<StreamTotals> totals;
  for (const RunState& run : runs_) totals.push_back(run.totals);
  auto done = one_commit() ? put_totals(*db_, totals) : set_totals(*db_, totals);
  if (done.has_value() && one_commit()) done = db_->run("COMMIT");
  // One file, readable from a disk that cannot be written.
  if (done.has_value()) done = db_->leave_wal();
  abandon();
  if (!done.has_value()) return std::move(done.error()).at(path_);
  return {};
}

Result<std::optional<int64_t>> BlockStore::remembered(const std::string& key) {
  return read_setting(*db_, "import " + key);
}

Result<bool> BlockStore::remembers_any(const std::string& form) {
  return has_setting_like(*db_, "import " + form);
}

Result<void> BlockStore::remember(const std::string& key, int64_t messages, Duration now) {
  return transaction(now, [&] { return put_setting(*db_, "import " + key, messages); });
}

void BlockStore::abandon() {
  insert_.reset();
  if (db_ && one_commit()) {  // as it was, also that it needs nothing beside it
    (void)db_->run("ROLLBACK");
    (void)db_->leave_wal();
  }
  db_.reset();
}

}  // namespace delever::tape
