// The shell: the writer's parts with a thread behind them. append() only copies into the block that
// is being filled; the thread compresses cut blocks and commits them, and wakes by itself to ask
// whether something is due when no further message comes. All that is decided by time is decided by
// the clock that was given; only how often it is asked is a matter of this machine.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "tape/writer.h"

namespace delever::tape {
namespace {

class ThreadedWriter final : public TapeWriter {
 public:
  ThreadedWriter(std::string path, Clock& clock, const Options& options)
      : path_(path),
        clock_(clock),
        wake_after_(std::max<int64_t>((options.flush_after / 4).ns(), 1'000'000)),
        options_(options),
        queue_(options.flush_after / 2, options.block_bytes),
        store_(std::move(path), options) {}

  ~ThreadedWriter() override {
    if (closed_) return;
    if (!options_.whole) {
      (void)close();
      return;
    }
    stop();
    store_.abandon();
    place_.discard();
  }

  Result<void> begin() {
    store_.move_to(TRY(place_.begin(path_, options_)));
    TRY(open_store(store_, path_, clock_.elapsed()));
    TRY(place_.opened(store_.path()));
    streams_ = store_.streams();
    for (size_t i = 0; i < streams_.size(); ++i) queue_.add_stream();
    worker_ = std::jthread([this] { work(); });
    return {};
  }

  Result<StreamNumber> stream(const StreamInfo& info) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    const std::lock_guard store_guard(store_mutex_);
    const StreamNumber number = TRY(store_.stream(info, clock_.elapsed()));
    if (number > streams_.size()) {
      streams_.push_back(info);
      queue_.add_stream();
    }
    return number;
  }

  Result<void> append(StreamNumber stream, Instant received, std::string_view bytes) override {
    const Arrival arrival{stream, received, bytes};
    return append_all({&arrival, 1});
  }

  // The lock is held for a few hundred messages at most, some tens of microseconds: the thread
  // comes for whole blocks, and rarely.
  Result<void> append_all(std::span<const Arrival> arrivals) override {
    const Duration now = clock_.elapsed();
    std::unique_lock guard(mutex_);
    TRY(healthy());
    for (const auto& [stream, received, bytes] : arrivals) {
      CHECK(stream >= 1 && stream <= streams_.size());
      TRY(check_message(bytes, streams_[stream - 1], path_));
      queue_.add(stream, received, bytes, now);
      // Full: until the thread has taken of it.
      if (queue_.bytes() <= kQueueBytes) continue;
      work_.notify_one();
      done_.wait(guard, [this] { return queue_.bytes() <= kQueueBytes || error_; });
      TRY(healthy());
    }
    if (!queue_.empty()) work_.notify_one();
    return {};
  }

  Result<void> gap(const TapeGap& gap) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    CHECK(gap.stream >= 1 && gap.stream <= streams_.size());
    const std::lock_guard store_guard(store_mutex_);
    return store_.gap(gap, clock_.elapsed());
  }
  Result<void> no_gap(StreamNumber stream) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    CHECK(stream >= 1 && stream <= streams_.size());
    const std::lock_guard store_guard(store_mutex_);
    return store_.no_gap(stream, clock_.elapsed());
  }

  Result<size_t> step(Duration) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    return size_t{0};  // the thread does what is due
  }

  size_t waiting_bytes() const override {
    const std::lock_guard guard(mutex_);
    return queue_.bytes();
  }

  Result<void> flush() override {
    std::unique_lock guard(mutex_);
    TRY(healthy());
    queue_.cut_all();
    work_.notify_one();
    done_.wait(guard, [this] { return (queue_.empty() && !storing_) || error_; });
    return healthy();
  }

  Result<void> close() override {
    if (closed_) return {};
    auto done = worker_.joinable() ? flush() : Result<void>{};
    stop();
    return end_store(store_, place_, std::move(done));
  }

  Result<std::optional<int64_t>> remembered(const std::string& key) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    const std::lock_guard store_guard(store_mutex_);
    return store_.remembered(key);
  }
  Result<bool> remembers_any(const std::string& form) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    const std::lock_guard store_guard(store_mutex_);
    return store_.remembers_any(form);
  }
  Result<void> remember(const std::string& key, int64_t messages) override {
    const std::lock_guard guard(mutex_);
    TRY(healthy());
    const std::lock_guard store_guard(store_mutex_);
    return store_.remember(key, messages, clock_.elapsed());
  }

 private:
  Result<void> healthy() const { return may_write(error_, closed_, path_); }

  void stop() {
    {
      const std::lock_guard guard(mutex_);
      closed_ = true;
      stop_ = true;
    }
    work_.notify_all();
    if (worker_.joinable()) worker_.join();
  }

  void work() {
    std::unique_lock guard(mutex_);
    while (true) {
      work_.wait_for(guard, wake_after_, [this] { return stop_ || !queue_.empty(); });
      if (error_) queue_.drop();
      if (stop_ && queue_.empty()) return;
      const Duration now = clock_.elapsed();
      queue_.cut_due(now);
      std::deque<CutBlock> blocks = queue_.collect();
      storing_ = true;
      guard.unlock();
      auto stored = store(blocks, now);
      guard.lock();
      storing_ = false;
      if (!stored.has_value() && !error_) error_ = std::move(stored.error());
      queue_.give_back(std::move(blocks));
      done_.notify_all();
    }
  }

  Result<void> store(const std::deque<CutBlock>& blocks, Duration now) {
    const std::lock_guard store_guard(store_mutex_);
    if (!blocks.empty()) TRY(store_.store(blocks, now));
    TRY(store_.sync_due(now));
    return {};
  }

  const std::string path_;
  Clock& clock_;
  const std::chrono::nanoseconds wake_after_;
  const Options options_;
  TapePlace place_;

  mutable std::mutex mutex_;  // before store_mutex_ where both are taken
  std::condition_variable work_, done_;
  std::vector<StreamInfo> streams_;
  BlockQueue queue_;
  bool storing_ = false, stop_ = false, closed_ = false;
  std::optional<Error> error_;

  std::mutex store_mutex_;
  BlockStore store_;

  std::jthread worker_;
};

}  // namespace

Result<std::unique_ptr<TapeWriter>> TapeWriter::open(const std::string& path, Clock& clock,
                                                     Options options) {
  TRY(check_options(options, path));
  auto writer = std::make_unique<ThreadedWriter>(path, clock, options);
  TRY(writer->begin());
  return std::unique_ptr<TapeWriter>(std::move(writer));
}

Result<std::unique_ptr<TapeWriter>> TapeWriter::open(const std::string& path, Clock& clock) {
  return open(path, clock, Options{});
}

}  // namespace delever::tape
