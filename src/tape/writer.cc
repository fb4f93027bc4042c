// The writer of tapes. append() only copies into the block that is being filled; one thread behind
// it compresses full blocks and commits them, and also wakes by itself to commit what waits when no
// further message comes.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "tape/block.h"
#include "tape/database.h"
#include "tape/schema.h"
#include "tape/tape.h"

namespace delever::tape {
namespace {

constexpr size_t kQueueBytes = size_t{32}
                               << 20;  // waiting to be compressed; beyond it append waits

// Keeps two writers off one tape. A file of its own, because SQLite's locks are those of the
// process: closing a second descriptor of the tape would drop them. Held by flock, so a kill
// releases it.
class WriterLock {
 public:
  WriterLock() = default;
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock() { release(); }

  void release() {
    if (file_ < 0) return;
    unlink(path_.c_str());
    ::close(std::exchange(file_, -1));
  }

  Result<void> take(const std::string& tape) {
    path_ = tape + "-lock";
    while (true) {
      const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
      if (file < 0)
        return Error{Fault::unavailable, fmt::format("cannot be written: {}", std::strerror(errno)),
                     tape};
      if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        const bool held = errno == EWOULDBLOCK;
        const std::string why = fmt::format("cannot be locked: {}", std::strerror(errno));
        ::close(file);
        if (held) return Error{Fault::refused, "another process is writing this tape", tape};
        return Error{Fault::unavailable, why, tape};
      }
      // Between our open and our lock the holder may have gone and taken the name with it: then we
      // hold nothing.
      struct stat ours {
      }, named{};
      if (fstat(file, &ours) == 0 && stat(path_.c_str(), &named) == 0 &&
          ours.st_ino == named.st_ino) {
        file_ = file;
        return {};
      }
      ::close(file);
    }
  }

 private:
  std::string path_;
  int file_ = -1;
};

struct RunState {
  int64_t run = 0, seq = -1;  // of the last block
  Instant last = Instant::min();
  StreamTotals totals;
};

struct Job {
  StreamNumber stream = 0;
  BlockBuilder messages;
};

class FileWriter final : public TapeWriter {
 public:
  FileWriter(std::string path, Clock& clock, Options options)
      : path_(std::move(path)),
        clock_(clock),
        options_(options),
        cut_after_(options.flush_after / 2) {}

  ~FileWriter() override {
    if (!closed_) (void)close();
  }

  Result<void> begin() {
    TRY(lock_.take(path_));
    auto opened = open_database();
    if (!opened.has_value()) {
      db_.reset();  // before close() in the destructor: nothing is to be written into a file that
                    // we refused
      return opened.error().where.empty() ? std::move(opened.error()).at(path_)
                                          : std::move(opened.error());
    }
    worker_ = std::jthread([this] { work(); });
    return {};
  }

  Result<StreamNumber> stream(const StreamInfo& info) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (streams_[i].name != info.name) continue;
      const StreamInfo& there = streams_[i];
      if (there.venue == info.venue && there.channel == info.channel &&
          there.decoder == info.decoder && there.settings == info.settings) {
        return static_cast<StreamNumber>(i + 1);
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
    const std::lock_guard db_guard(db_mutex_);
    TRY(transaction([&] { return insert_stream(*db_, number, info); }));
    streams_.push_back(info);
    pending_.emplace_back();
    runs_.emplace_back();
    runs_.back().totals.stream = number;
    return number;
  }

  Result<void> append(StreamNumber stream, Instant received, std::string_view bytes) override {
    const Duration now = clock_.elapsed();
    std::unique_lock guard(mutex_);
    TRY(healthy());
    CHECK(stream >= 1 && stream <= streams_.size());
    if (bytes.size() > kMessageMax) {
      return Error{Fault::refused,
                   fmt::format("a message of {} bytes on {}: a tape takes {} at most", bytes.size(),
                               streams_[stream - 1].name, kMessageMax),
                   path_};
    }
    BlockBuilder& block = pending_[stream - 1];
    if (!waiting_) {
      waiting_ = true;
      oldest_ = now;
    }
    block.add(received, bytes);
    if (now - oldest_ >= cut_after_)
      cut_all();
    else if (block.bytes() >= options_.block_bytes)
      cut(stream);
    if (queued_bytes_ > kQueueBytes) {
      done_.wait(guard, [this] { return queued_bytes_ <= kQueueBytes || error_; });
      return healthy();
    }
    return {};
  }

  Result<void> gap(const TapeGap& gap) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    CHECK(gap.stream >= 1 && gap.stream <= streams_.size());
    if (gap.to < gap.from) {
      return Error{Fault::refused,
                   fmt::format("a gap that ends at {} before it begins at {}", gap.to.text(),
                               gap.from.text()),
                   path_};
    }
    const std::lock_guard db_guard(db_mutex_);
    TRY(transaction([&] { return insert_gap(*db_, next_gap_, gap); }));
    ++next_gap_;
    ++runs_[gap.stream - 1].totals.gaps;
    return {};
  }

  Result<void> flush() override {
    std::unique_lock guard(mutex_);
    TRY(healthy());
    cut_all();
    done_.wait(guard, [this] { return (queue_.empty() && !storing_) || error_; });
    return healthy();
  }

  Result<void> close() override {
    if (closed_) return {};
    auto flushed = worker_.joinable() ? flush() : Result<void>{};
    {
      const std::lock_guard guard(mutex_);
      closed_ = true;
      stop_ = true;
    }
    work_.notify_all();
    if (worker_.joinable()) worker_.join();
    if (!db_) return flushed;
    if (flushed.has_value()) {
      std::vector<StreamTotals> totals;
      for (const RunState& run : runs_) totals.push_back(run.totals);
      flushed = set_totals(*db_, totals);
      if (!flushed.has_value()) flushed = std::move(flushed.error()).at(path_);
      // One file, readable from a disk that cannot be written. When a reader holds on, it stays in
      // WAL mode: no loss.
      (void)db_->run("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE");
    }
    insert_.reset();
    db_.reset();
    lock_.release();
    return flushed;
  }

 private:
  Result<void> open_database() {
    struct stat info {};
    if (stat(path_.c_str(), &info) == 0) TRY(check_file(path_, true));
    db_ = std::make_unique<Database>(TRY(Database::open(path_, Database::Mode::write)));
    TRY(db_->run(fmt::format("PRAGMA page_size = {}", kTapePageBytes).c_str()));
    const bool blank = TRY(is_blank(*db_));
    if (!blank) TRY(check_format(*db_));
    TRY(db_->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
    if (blank) TRY(create_schema(*db_));
    TRY(load());
    TRY(set_totals(*db_, {}));  // absent while the tape is being written
    insert_ = std::make_unique<Statement>(
        TRY(db_->prepare("INSERT INTO blocks VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")));
    return {};
  }

  // Where an earlier writer left off.
  Result<void> load() {
    TapeDescription tape = TRY(read_description(*db_));
    if (!tape.damage.empty()) {
      return Error{Fault::refused,
                   fmt::format("damaged, so nothing is added to it: {}", tape.damage[0].reason),
                   path_};
    }
    streams_ = std::move(tape.streams);
    pending_.resize(streams_.size());
    runs_.resize(streams_.size());
    for (size_t i = 0; i < runs_.size(); ++i)
      runs_[i].totals.stream = static_cast<StreamNumber>(i + 1);
    for (const TapeGap& gap : tape.gaps) ++runs_[gap.stream - 1].totals.gaps;
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
      state.seq = rows.integer(3);
      state.last = Instant::ns(rows.integer(4));
      state.totals.runs = state.run + 1;
      state.totals.blocks = rows.integer(5);
      state.totals.messages = rows.integer(6);
      state.totals.raw_bytes = rows.integer(7);
    }
    next_block_ = std::max(next_block_, TRY(db_->integer("SELECT max(id) FROM blocks")) + 1);
    next_gap_ = TRY(db_->integer("SELECT max(id) FROM gaps")) + 1;
    if (tape.span_max) span_max_ = *tape.span_max;
    return {};
  }

  Result<void> healthy() const {
    if (error_) return *error_;
    if (closed_) return Error{Fault::refused, "the tape is closed", path_};
    return {};
  }

  template <class Action>
  Result<void> transaction(Action&& action) {
    auto result = db_->run("BEGIN IMMEDIATE");
    if (result.has_value()) result = action();
    if (result.has_value()) result = db_->run("COMMIT");
    if (result.has_value()) return result;
    (void)db_->run("ROLLBACK");
    return std::move(result.error()).at(path_);
  }

  // The next three hold mutex_.
  void cut(StreamNumber stream) {
    BlockBuilder& block = pending_[stream - 1];
    if (block.empty()) return;
    queued_bytes_ += block.bytes();
    queue_.push_back({stream, std::move(block)});
    block = BlockBuilder();
    if (!spare_.empty()) {
      block = std::move(spare_.back());
      spare_.pop_back();
    }
    work_.notify_one();
  }

  void cut_all() {
    for (size_t i = 0; i < pending_.size(); ++i) cut(static_cast<StreamNumber>(i + 1));
    waiting_ = false;
  }

  void keep_spare(BlockBuilder block) {
    if (spare_.size() >= 16 || block.bytes() > 2 * options_.block_bytes) return;
    block.clear();
    spare_.push_back(std::move(block));
  }

  void work() {
    const std::chrono::nanoseconds patience(std::max<int64_t>(cut_after_.ns(), 1'000'000));
    std::unique_lock guard(mutex_);
    while (true) {
      // The clock we were given is asked at appends only; when none comes, this wait is what bounds
      // the loss.
      if (!work_.wait_for(guard, patience, [this] { return stop_ || !queue_.empty(); })) cut_all();
      if (error_) queue_.clear();
      if (queue_.empty()) {
        if (stop_) return;
        continue;
      }
      std::deque<Job> jobs = std::exchange(queue_, {});
      storing_ = true;
      guard.unlock();
      auto stored = store(jobs);
      guard.lock();
      storing_ = false;
      if (!stored.has_value() && !error_) error_ = std::move(stored.error());
      for (Job& job : jobs) {
        queued_bytes_ -= job.messages.bytes();
        keep_spare(std::move(job.messages));
      }
      done_.notify_all();
    }
  }

  Result<void> store(const std::deque<Job>& jobs) {
    const std::lock_guard db_guard(db_mutex_);
    return transaction([&]() -> Result<void> {
      for (const Job& job : jobs) TRY(store_block(job));
      return {};
    });
  }

  Result<void> store_block(const Job& job) {
    const BlockBuilder& messages = job.messages;
    RunState& state = runs_[job.stream - 1];
    if (messages.first() < state.last) {
      ++state.run;
      state.seq = -1;
    }
    state.last = messages.last();
    const std::string payload = messages.payload();
    const BlockHeader header{next_block_++,
                             job.stream,
                             state.run,
                             ++state.seq,
                             messages.first(),
                             messages.last(),
                             static_cast<int64_t>(messages.count()),
                             static_cast<int64_t>(payload.size())};
    CHECK(payload.size() <= kPayloadMax);
    const std::string_view packed = TRY(packer_.pack(payload, options_.compression));
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
  Result<void> raise_span(const BlockHeader& header) {
    int64_t span = 0;
    if (__builtin_sub_overflow(header.last.ns(), header.first.ns(), &span))
      span = kSpanUnbounded.ns();
    if (span <= span_max_.ns()) return {};
    span_max_ = __builtin_mul_overflow(span, 2, &span) ? kSpanUnbounded : Duration::ns(span);
    return set_span(*db_, span_max_);
  }

  const std::string path_;
  Clock& clock_;
  const Options options_;
  // Half of what was promised: the other half is for compressing and committing what was cut.
  const Duration cut_after_;
  WriterLock lock_;

  std::mutex mutex_;  // before db_mutex_ where both are taken
  std::condition_variable work_, done_;
  std::vector<StreamInfo> streams_;
  std::vector<BlockBuilder> pending_;  // by stream
  std::vector<BlockBuilder> spare_;    // with their memory
  std::deque<Job> queue_;
  size_t queued_bytes_ = 0;  // in queue_ and in the worker's hands
  bool waiting_ = false;     // something is in pending_, since oldest_
  Duration oldest_;
  bool storing_ = false, stop_ = false, closed_ = false;
  std::optional<Error> error_;

  std::mutex db_mutex_;
  std::unique_ptr<Database> db_;
  std::unique_ptr<Statement> insert_;
  std::deque<RunState> runs_;  // by stream
  int64_t next_block_ = 1, next_gap_ = 1;
  Duration span_max_;
  Packer packer_;

  std::jthread worker_;
};

}  // namespace

Result<std::unique_ptr<TapeWriter>> TapeWriter::open(const std::string& path, Clock& clock,
                                                     Options options) {
  if (options.block_bytes < 1 || options.block_bytes > kBlockMax ||
      options.flush_after < Duration() || options.compression < 1 || options.compression > 19) {
    return Error{
        Fault::refused,
        fmt::format("a tape takes block_bytes 1 to {}, a flush_after that is not negative and "
                    "compression 1 to 19",
                    kBlockMax),
        path};
  }
  auto writer = std::make_unique<FileWriter>(path, clock, options);
  TRY(writer->begin());
  return std::unique_ptr<TapeWriter>(std::move(writer));
}

Result<std::unique_ptr<TapeWriter>> TapeWriter::open(const std::string& path, Clock& clock) {
  return open(path, clock, Options{});
}

}  // namespace delever::tape
