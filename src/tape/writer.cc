// The writer that is stepped: a state machine, moved by its caller's step(now). It has no thread
// and never waits, so whoever has the clock and the disk (a simulation, a test) has all of it. The
// writer with a thread of its own is writer_thread.cc; both are made of the same two parts.
#include "tape/writer.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace delever::tape {
namespace {

constexpr std::array<const char*, 3> kBeside{"-wal", "-shm", "-journal"};

// A tape with its tables and nothing in them. It has no name yet: who names it asks the disk.
Result<void> make_tape(const std::string& path, const std::string& vfs) {
  Database db = TRY(Database::open(path, Database::Mode::write, vfs));
  TRY(db.run(fmt::format("PRAGMA page_size = {}", kTapePageBytes).c_str()));
  TRY(db.run("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF"));
  return create_schema(db);
}

// SQLite plays what it finds beside a file, whoever wrote it: what a killed writer of that name
// left there goes into the old tape, or with it where there is none, before another file has the
// name.
Result<void> fold_in(const std::string& path) {
  std::error_code ec;
  const auto is_there = [&](const char* end) { return std::filesystem::exists(path + end, ec); };
  if (std::none_of(kBeside.begin(), kBeside.end(), is_there)) return {};
  if (is_there("")) {
    auto old = Database::open(path, Database::Mode::write);
    if (old.has_value()) {
      (void)old.value().run("PRAGMA wal_checkpoint(PASSIVE)");  // all that a reader lets it
      (void)old.value().leave_wal();
    }
  }
  for (const char* end : kBeside) {
    if (std::filesystem::remove(path + end, ec); ec)
      return Error{Fault::unavailable, "cannot be removed: " + ec.message(), path + end};
  }
  return {};
}

class SteppedWriter final : public TapeWriter {
 public:
  SteppedWriter(std::string path, Clock& clock, const Options& options)
      : path_(path),
        clock_(clock),
        options_(options),
        // Half of it for waiting; the other half is for packing and the disk (docs/tape-format.md).
        queue_(options.flush_after / 2, options.block_bytes),
        store_(std::move(path), options) {}
  ~SteppedWriter() override {
    // A tape that is to be whole and was not closed is thrown away; any other keeps what came.
    if (!closed_ && !options_.whole) (void)close();
    store_.abandon();
    place_.discard();
  }

  Result<void> begin() {
    store_.move_to(TRY(place_.begin(path_, options_)));
    TRY(open_store(store_, path_, clock_.elapsed()));
    TRY(place_.opened(store_.path()));
    for (size_t i = 0; i < store_.streams().size(); ++i) queue_.add_stream();
    return {};
  }

  Result<StreamNumber> stream(const StreamInfo& info) override {
    TRY(healthy());
    const size_t before = store_.streams().size();
    const StreamNumber number = TRY(held(store_.stream(info, clock_.elapsed())));
    if (store_.streams().size() > before) queue_.add_stream();
    return number;
  }

  Result<void> append(StreamNumber stream, Instant received, std::string_view bytes) override {
    TRY(healthy());
    CHECK(stream >= 1 && stream <= store_.streams().size());
    TRY(check_message(bytes, store_.streams()[stream - 1], path_));
    queue_.add(stream, received, bytes, clock_.elapsed());
    if (queue_.bytes() > kQueueBytes) TRY(store_cut(clock_.elapsed()));
    return {};
  }

  Result<void> gap(const TapeGap& gap) override {
    TRY(healthy());
    CHECK(gap.stream >= 1 && gap.stream <= store_.streams().size());
    return held(store_.gap(gap, clock_.elapsed()));
  }
  Result<void> no_gap(StreamNumber stream) override {
    TRY(healthy());
    CHECK(stream >= 1 && stream <= store_.streams().size());
    return held(store_.no_gap(stream, clock_.elapsed()));
  }

  Result<size_t> step(Duration now) override {
    TRY(healthy());
    queue_.cut_due(now);
    const size_t stored = TRY(store_cut(now));
    const bool synced = TRY(held(store_.sync_due(now)));
    return stored + (synced ? 1 : 0);
  }

  size_t waiting_bytes() const override { return queue_.bytes(); }

  Result<void> flush() override {
    TRY(healthy());
    queue_.cut_all();
    TRY(store_cut(clock_.elapsed()));
    return {};
  }

  Result<std::optional<int64_t>> remembered(const std::string& key) override {
    return store_.remembered(key);
  }
  Result<bool> remembers_any(const std::string& form) override {
    return store_.remembers_any(form);
  }
  Result<void> remember(const std::string& key, int64_t messages) override {
    TRY(healthy());
    return held(store_.remember(key, messages, clock_.elapsed()));
  }

  Result<void> close() override {
    if (closed_) return {};
    auto done = store_.is_open() ? flush() : Result<void>{};
    closed_ = true;
    return end_store(store_, place_, std::move(done));
  }

 private:
  Result<void> healthy() const { return may_write(error_, closed_, path_); }

  // A disk that failed once is not written again: what came after would look whole.
  template <class T>
  Result<T> held(Result<T> result) {
    // A refusal is of what was asked and says nothing of the disk.
    if (!result.has_value() && result.error().fault != Fault::refused) error_ = result.error();
    return result;
  }

  Result<size_t> store_cut(Duration now) {
    if (queue_.empty()) return size_t{0};
    std::deque<CutBlock> blocks = queue_.collect();
    const size_t count = blocks.size();
    auto stored = held(store_.store(blocks, now));
    queue_.give_back(std::move(blocks));
    if (!stored.has_value()) return std::move(stored.error());
    return count;
  }

  const std::string path_;
  Clock& clock_;
  const Options options_;
  TapePlace place_;
  BlockQueue queue_;
  BlockStore store_;
  bool closed_ = false;
  std::optional<Error> error_;
};

}  // namespace

// The lock is of the name that was asked for, so that two new tapes of one name are refused too.
Result<std::string> TapePlace::begin(const std::string& path, const TapeWriter::Options& options) {
  TRY(lock_.acquire(path));
  struct stat info {};
  const bool named = stat(path.c_str(), &info) == 0;
  // One that is there and not replaced is added to in place. What is no file is refused by the
  // store, and never replaced.
  const bool is_file = !named || S_ISREG(info.st_mode);
  if (!is_file || (named && info.st_size > 0 && !options.replace)) return path;
  partial_.emplace(TRY(PartialFile::begin(path, {kBeside.begin(), kBeside.end()})));
  // A whole tape has its name when it is closed; one that grows, from its first table on, so that
  // a kill leaves what was there or a tape, and never a file that is neither.
  if (options.whole) return partial_->path();
  auto made = make_tape(partial_->path(), options.vfs);
  if (made.has_value()) made = name_it();
  partial_.reset();
  if (!made.has_value())
    return made.error().where.empty() ? std::move(made.error()).at(path) : std::move(made.error());
  return path;
}

Result<void> TapePlace::name_it() {
  TRY(fold_in(partial_->target()));
  const uint64_t digest = TRY(file_digest(partial_->path()));
  return partial_->commit(digest);
}

// The store is closed and the file whole: it gets its name, and only then is the lock given back.
Result<void> TapePlace::finish() {
  Result<void> done;
  if (partial_) {
    std::error_code ec;
    if (std::filesystem::exists(partial_->path() + "-wal", ec))  // SQLite keeps it for a reader
      done = Error{Fault::unavailable, "another process is reading the tape", partial_->target()};
    else
      done = name_it();
    partial_.reset();
  }
  lock_.release();
  return done;
}

void TapePlace::discard() {
  partial_.reset();
  lock_.release();
}

Result<void> check_options(const TapeWriter::Options& options, const std::string& path) {
  if (options.block_bytes >= 1 && options.block_bytes <= kBlockMax &&
      options.flush_after >= Duration() && options.compression >= 1 && options.compression <= 19) {
    return {};
  }
  return Error{Fault::refused,
               fmt::format("a tape takes block_bytes 1 to {}, a flush_after that is not negative "
                           "and compression 1 to 19",
                           kBlockMax),
               path};
}

Result<void> check_message(std::string_view bytes, const StreamInfo& stream,
                           const std::string& path) {
  if (bytes.size() <= kMessageMax) return {};
  return Error{Fault::refused,
               fmt::format("a message of {} bytes on {}: a tape takes {} at most", bytes.size(),
                           stream.name, kMessageMax),
               path};
}

Result<void> open_store(BlockStore& store, const std::string& path, Duration now) {
  auto opened = store.open(now);
  if (opened.has_value()) return {};
  store.abandon();  // nothing is to be written into a file that we refused
  return opened.error().where.empty() ? std::move(opened.error()).at(path)
                                      : std::move(opened.error());
}

Result<void> may_write(const std::optional<Error>& failed, bool closed, const std::string& path) {
  if (failed) return *failed;
  if (closed) return Error{Fault::refused, "the tape is closed", path};
  return {};
}

Result<void> end_store(BlockStore& store, TapePlace& place, Result<void> before) {
  if (store.is_open()) {
    if (before.has_value())
      before = store.close();
    else
      store.abandon();
  }
  if (before.has_value()) return place.finish();
  place.discard();
  return before;
}

Result<void> TapeWriter::append_all(std::span<const Arrival> arrivals) {
  for (const Arrival& one : arrivals) TRY(append(one.stream, one.received, one.bytes));
  return {};
}

Result<std::unique_ptr<TapeWriter>> TapeWriter::open_stepped(const std::string& path, Clock& clock,
                                                             Options options) {
  TRY(check_options(options, path));
  auto writer = std::make_unique<SteppedWriter>(path, clock, options);
  TRY(writer->begin());
  return std::unique_ptr<TapeWriter>(std::move(writer));
}

}  // namespace delever::tape
