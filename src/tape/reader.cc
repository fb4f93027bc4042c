// The reader of tapes. A thread behind it loads blocks, merges them by time and hands over batches
// of finished messages, so that next() is a step along an array; the blocks that a batch points
// into travel with it.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "tape/block.h"
#include "tape/contents.h"
#include "tape/tape.h"

namespace delever::tape {
namespace {

constexpr size_t kBatchMessages = 4096;
constexpr size_t kBatchBytes = size_t{1}
                               << 20;  // of blocks that end in a batch, one block more at most
constexpr size_t kBatchesAhead = 4;
constexpr size_t kAheadBytes = size_t{8} << 20;    // of batches that wait, one batch more at most
constexpr size_t kOpenBytes = size_t{64} << 20;    // of blocks that the merge stands in, about
constexpr Duration kLookEvery = Duration::ms(20);  // at what a writer has added
constexpr size_t kSliceMin = size_t{8} << 10;

struct Entry {
  int64_t time;
  const char* data;
  uint32_t size;
  StreamNumber stream;
  int64_t run;
};

struct Batch {
  std::vector<Entry> entries;
  std::vector<BlockMessages>
      blocks;  // read to their end by this batch, so needed until it has been served
  std::vector<TapeGap> damage;  // met while it was made
  size_t bytes = 0;             // of `blocks`
  void clear() {
    entries.clear();
    blocks.clear();
    damage.clear();
    bytes = 0;
  }
};

// A block that the merge stands in, or the slice of it that is in memory.
struct OpenBlock {
  BlockHeader header;
  BlockMessages messages;
  size_t at = 0, end = 0;  // in messages
  size_t skipped = 0;      // messages of the block before messages[0]
  size_t block_end = 0;    // in the block, where the range ends
  size_t held = 0;         // bytes of memory

  int64_t time() const { return messages.times[at]; }
};

// Whose turn it is. Small, since streams of one clock (a simulation's seconds) change at nearly
// every message; the block behind it stays where it is.
struct Turn {
  int64_t time = 0;
  StreamNumber stream = 0;
  int64_t id = 0;
  std::unique_ptr<OpenBlock> block;

  auto place() const { return std::tuple(stream, id); }  // among those of one time
  auto key() const { return std::tuple(time, stream, id); }
};

// All messages of a tape in order of (time, stream, arrival). A block is opened when the merge
// comes to its first message; so as many are open as overlap there. When they are too many to be
// held whole, slices of them are.
class Merge {
 public:
  Merge(TapeContents contents, TapeReader::Options range)
      : contents_(std::move(contents)), range_(range) {}

  const TapeContents& contents() const { return contents_; }
  std::vector<TapeGap> take_damage() { return contents_.take_damage(); }
  Result<bool> refresh() { return contents_.refresh(); }

  // False when there is nothing more; the batch may hold damage even then.
  bool fill(Batch& batch) {
    while (batch.entries.size() < kBatchMessages && batch.bytes < kBatchBytes) {
      const BlockHeader* next = contents_.peek();
      if (next != nullptr && (heap_.empty() || next->first.ns() <= heap_.front().time)) {
        const BlockHeader header = *next;
        contents_.pop();
        open(header);
        continue;
      }
      const int64_t visible = contents_.visible().ns();
      if (heap_.empty() || heap_.front().time > visible) {
        batch.damage = contents_.take_damage();
        return !batch.entries.empty();
      }
      std::pop_heap(heap_.begin(), heap_.end(), later);
      Turn turn = std::move(heap_.back());
      heap_.pop_back();
      constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();
      const int64_t end = visible == kForEver ? kForEver : visible + 1;
      serve(turn, std::min(end, next != nullptr ? next->first.ns() : kForEver),
            next != nullptr || end != kForEver, batch);
      put_back(std::move(turn.block), batch);
    }
    batch.damage = contents_.take_damage();
    return true;
  }

 private:
  static bool later(const Turn& a, const Turn& b) { return a.key() > b.key(); }

  void open(const BlockHeader& header) {
    auto opened = std::make_unique<OpenBlock>();
    OpenBlock& block = *opened;
    block.header = header;
    block.messages = std::exchange(spare_, {});
    if (!contents_.load(header, false, block.messages)) {
      spare_ = std::move(block.messages);
      return;
    }
    const auto& times = block.messages.times;
    // Messages from before the place that was served already cannot be served in order: only damage
    // to the index, met late, makes a block come late.
    const int64_t from = std::max(range_.from.ns(), served_);
    const auto begin = std::lower_bound(times.begin(), times.end(), from);
    if (served_ > range_.from.ns() && times.front() < served_) {
      contents_.add_damage(
          header.stream, header.first, Instant::ns(served_),
          fmt::format("{} messages of block {} were found too late to be served in order",
                      begin - times.begin(), header.id));
    }
    const auto end = range_.to == Instant::max()
                         ? times.end()
                         : std::lower_bound(begin, times.end(), range_.to.ns());
    if (begin == end) {
      spare_ = std::move(block.messages);
      return;
    }
    block.at = static_cast<size_t>(begin - times.begin());
    block.end = block.block_end = static_cast<size_t>(end - times.begin());
    cut_to_size(block);
    add(std::move(opened));
  }

  // Keeps of a block what memory allows: a share of what is left, so that however many are open,
  // the sum stays bounded.
  void cut_to_size(OpenBlock& block) {
    const size_t left = open_bytes_ < kOpenBytes ? kOpenBytes - open_bytes_ : 0;
    const size_t share = std::max(kSliceMin, left / 32);
    const size_t whole = block.messages.capacity + block.messages.count() * 12;
    block.held = whole;
    if (whole <= share || block.end - block.at == 1) return;
    BlockMessages part = slice(block.messages, block.at, block.end, share);
    spare_ = std::exchange(block.messages, std::move(part));
    block.skipped += block.at;
    block.at = 0;
    block.end = block.messages.count();
    block.held = block.messages.capacity + block.messages.count() * 12;
  }

  void add(std::unique_ptr<OpenBlock> block) {
    open_bytes_ += block->held;
    const BlockHeader& header = block->header;
    heap_.push_back({block->time(), header.stream, header.id, std::move(block)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  // Messages of this block for as long as none of another, and none of a block still to be opened,
  // comes before.
  void serve(const Turn& turn, int64_t next_first, bool any_next, Batch& batch) {
    OpenBlock& block = *turn.block;
    const int64_t* const times = block.messages.times.data();
    const uint32_t* const offsets = block.messages.offsets.data();
    const char* const bytes = block.messages.bytes.get();
    size_t stop = block.end;
    constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();
    int64_t limit = any_next ? next_first : kForEver;
    bool limited = any_next;
    if (!heap_.empty()) {
      // At the very time of the other, stream and arrival say whose turn it is. (A block that is
      // still to be opened is opened at its time.)
      const Turn& other = heap_.front();
      const bool before_it = turn.place() < other.place();
      if (!before_it || other.time < kForEver) {
        limit = std::min(limit, other.time + (before_it ? 1 : 0));
        limited = true;
      }
    }
    stop = std::min(stop, block.at + kBatchMessages - batch.entries.size());
    size_t i = block.at;
    do {
      const uint32_t size = offsets[i + 1] - offsets[i];
      batch.entries.push_back(
          {times[i], bytes + offsets[i], size, block.header.stream, block.header.run});
      ++i;
    } while (i < stop && (!limited || times[i] < limit));
    served_ = times[i - 1];
    block.at = i;
  }

  void put_back(std::unique_ptr<OpenBlock> served, Batch& batch) {
    OpenBlock& block = *served;
    open_bytes_ -= block.held;
    if (block.at < block.end) {
      add(std::move(served));
      return;
    }
    const size_t position = block.skipped + block.at;
    batch.bytes += block.held;
    batch.blocks.push_back(std::move(block.messages));
    if (position >= block.block_end) return;
    auto rest = std::make_unique<OpenBlock>();
    rest->header = block.header;
    rest->block_end = block.block_end;
    rest->messages = std::exchange(spare_, {});
    if (!contents_.load(block.header, true, rest->messages)) return;
    rest->at = position;
    rest->end = rest->block_end;
    cut_to_size(*rest);
    add(std::move(rest));
  }

  TapeContents contents_;
  const TapeReader::Options range_;
  std::vector<Turn> heap_;
  BlockMessages spare_;  // memory to unpack into
  size_t open_bytes_ = 0;
  int64_t served_ = std::numeric_limits<int64_t>::min();  // the time of the last message
};

class FileReader final : public TapeReader {
 public:
  FileReader(TapeContents contents, Options range)
      : streams_(contents.description().streams),
        gaps_(contents.description().gaps),
        merge_(std::move(contents), range) {
    for (TapeGap& gap : merge_.take_damage()) gaps_.push_back(std::move(gap));
  }

  ~FileReader() override {
    {
      const std::lock_guard guard(mutex_);
      stop_ = true;
    }
    room_.notify_all();
  }

  const std::vector<StreamInfo>& streams() const override { return streams_; }
  const std::vector<TapeGap>& gaps() const override { return gaps_; }

  Result<std::optional<TapeMessage>> next() override {
    while (at_ == batch_.entries.size()) {
      if (!take()) return std::optional<TapeMessage>();
    }
    const Entry& entry = batch_.entries[at_++];
    return std::optional(
        TapeMessage{entry.stream, Instant::ns(entry.time), {entry.data, entry.size}, entry.run});
  }

 private:
  bool take() {
    if (!worker_.joinable() && !done_) worker_ = std::jthread([this] { work(); });
    std::unique_lock guard(mutex_);
    ready_.wait(guard, [this] { return !batches_.empty() || done_; });
    if (batches_.empty()) return false;
    std::swap(batch_, batches_.front());
    if (spares_.size() < 2) {
      batches_.front().clear();
      spares_.push_back(std::move(batches_.front()));
    }
    batches_.pop_front();
    waiting_bytes_ -= batch_.bytes;
    guard.unlock();
    room_.notify_one();
    at_ = 0;
    for (TapeGap& gap : batch_.damage) gaps_.push_back(std::move(gap));
    return true;
  }

  void work() {
    bool more = true;
    while (more) {
      Batch batch;
      {
        std::unique_lock guard(mutex_);
        room_.wait(guard, [this] {
          return stop_ || batches_.empty() ||
                 (batches_.size() < kBatchesAhead && waiting_bytes_ < kAheadBytes);
        });
        if (stop_) return;
        if (!spares_.empty()) {
          batch = std::move(spares_.back());
          spares_.pop_back();
        }
      }
      more = merge_.fill(batch);
      {
        const std::lock_guard guard(mutex_);
        waiting_bytes_ += batch.bytes;
        batches_.push_back(std::move(batch));
        if (!more) done_ = true;
      }
      ready_.notify_one();
    }
  }

  std::vector<StreamInfo> streams_;
  std::vector<TapeGap> gaps_;
  Batch batch_;  // being served
  size_t at_ = 0;

  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<Batch> batches_;
  std::vector<Batch> spares_;
  size_t waiting_bytes_ = 0;
  bool stop_ = false, done_ = false;

  Merge merge_;  // the worker's, once it runs
  std::jthread worker_;
};

// Follows a tape that grows. It has no thread: whoever follows asks, and is told that there is
// nothing for now.
class FollowReader final : public TapeReader {
 public:
  FollowReader(TapeContents contents, Options range)
      : streams_(contents.description().streams), merge_(std::move(contents), range) {
    take_gaps();
  }

  const std::vector<StreamInfo>& streams() const override { return streams_; }
  const std::vector<TapeGap>& gaps() const override { return gaps_; }
  bool complete() const override { return merge_.contents().closed() && dry_; }

  Result<std::optional<TapeMessage>> next() override {
    while (at_ == batch_.entries.size()) {
      batch_.clear();
      at_ = 0;
      dry_ = !merge_.fill(batch_);
      for (TapeGap& gap : batch_.damage) gaps_.push_back(std::move(gap));
      if (!dry_) continue;
      // Whoever asks again and again while another tape has messages asks the file now and then.
      const Duration now = clock_.elapsed();
      if (looked_ && now - *looked_ < kLookEvery) return std::optional<TapeMessage>();
      const bool more = TRY(merge_.refresh());
      looked_ = more ? std::nullopt : std::optional(now);
      take_gaps();
      if (!more) return std::optional<TapeMessage>();
    }
    const Entry& entry = batch_.entries[at_++];
    return std::optional(
        TapeMessage{entry.stream, Instant::ns(entry.time), {entry.data, entry.size}});
  }

 private:
  // One that is open is told when it has ended, or when nothing more can come.
  void take_gaps() {
    for (const TapeGap& gap : merge_.contents().description().gaps) {
      if ((!gap.open || merge_.contents().closed()) && taken_.insert(gap.id).second)
        gaps_.push_back(gap);
    }
  }

  std::vector<StreamInfo> streams_;
  std::vector<TapeGap> gaps_;
  std::set<int64_t> taken_;  // of `gaps_`, those that were recorded
  Batch batch_;
  size_t at_ = 0;
  bool dry_ = false;
  SystemClock clock_;
  std::optional<Duration> looked_;  // in vain
  Merge merge_;
};

}  // namespace

Result<std::unique_ptr<TapeReader>> TapeReader::open(const std::string& path, Options options) {
  if (options.to < options.from) {
    return Error{Fault::refused,
                 fmt::format("a range that ends at {} before it begins at {}", options.to.text(),
                             options.from.text()),
                 path};
  }
  TapeContents contents = TRY(TapeContents::open(path, options));
  if (options.follow)
    return std::unique_ptr<TapeReader>(
        std::make_unique<FollowReader>(std::move(contents), options));
  return std::unique_ptr<TapeReader>(std::make_unique<FileReader>(std::move(contents), options));
}

Result<std::unique_ptr<TapeReader>> TapeReader::open(const std::string& path) {
  return open(path, Options{});
}

}  // namespace delever::tape
