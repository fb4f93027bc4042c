// The writer that is stepped: a state machine, moved by its caller's step(now). It has no thread
// and never waits, so whoever has the clock and the disk (a simulation, a test) has all of it. The
// writer with a thread of its own is writer_thread.cc; both are made of the same two parts.
#include "tape/writer.h"

#include <fmt/format.h>

#include <utility>

namespace delever::tape {
namespace {

class SteppedWriter final : public TapeWriter {
 public:
  SteppedWriter(std::string path, Clock& clock, const Options& options)
      : path_(path),
        clock_(clock),
        queue_(options.flush_after / 2, options.block_bytes),
        store_(std::move(path), options) {}
  ~SteppedWriter() override {
    if (!closed_) (void)close();
  }

  Result<void> begin() {
    TRY(lock_.acquire(path_));
    TRY(open_store(store_, path_, clock_.elapsed()));
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

  Result<size_t> step(Duration now) override {
    TRY(healthy());
    queue_.cut_due(now);
    const size_t stored = TRY(store_cut(now));
    const bool synced = TRY(held(store_.sync_due(now)));
    return stored + (synced ? 1 : 0);
  }

  Result<void> flush() override {
    TRY(healthy());
    queue_.cut_all();
    TRY(store_cut(clock_.elapsed()));
    return {};
  }

  Result<void> close() override {
    if (closed_) return {};
    auto done = store_.is_open() ? flush() : Result<void>{};
    closed_ = true;
    return end_store(store_, lock_, std::move(done));
  }

 private:
  Result<void> healthy() const { return may_write(error_, closed_, path_); }

  // A disk that failed once is not written again: what came after would look whole.
  template <class T>
  Result<T> held(Result<T> result) {
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
  WriterLock lock_;
  BlockQueue queue_;
  BlockStore store_;
  bool closed_ = false;
  std::optional<Error> error_;
};

}  // namespace

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

Result<void> end_store(BlockStore& store, WriterLock& lock, Result<void> before) {
  if (store.is_open()) {
    if (before.has_value())
      before = store.close();
    else
      store.abandon();
  }
  lock.release();
  return before;
}

Result<std::unique_ptr<TapeWriter>> TapeWriter::open_stepped(const std::string& path, Clock& clock,
                                                             Options options) {
  TRY(check_options(options, path));
  auto writer = std::make_unique<SteppedWriter>(path, clock, options);
  TRY(writer->begin());
  return std::unique_ptr<TapeWriter>(std::move(writer));
}

}  // namespace delever::tape
