#include "base/thread_pool.h"

#include <algorithm>

#include "base/check.h"

namespace delever {
namespace {

// A look takes some 25 ns, so this is about 50 us: more than lies between the two rounds of a
// second of the rehearsal of 30 January (3 us), and what its longest part takes in the mean. Beyond
// that a thread sleeps.
constexpr int kLooks = 2000;
constexpr uint32_t kPassOverMost = 64;

template <class Done>
bool watch(Done done) {
  for (int turn = 0; turn < kLooks; ++turn) {
    if (done()) return true;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  return false;
}

}  // namespace

ThreadPool::ThreadPool(unsigned threads) {
  for (unsigned t = 1; t < threads; ++t) threads_.emplace_back([this] { help(); });
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  wake_all();
  for (std::thread& t : threads_) t.join();
}

void ThreadPool::help() {
  for (;;) {
    const uint32_t seen = calls_.load();
    if (stop_.load()) return;
    do {
      work();
      do_tasks();
      if (stop_.load()) return;  // tasks that nobody has begun stay where they are
    } while (watch([this] {
      return unclaimed_.load(std::memory_order_relaxed) != 0 ||
             waiting_tasks_.load(std::memory_order_relaxed) != 0;
    }));
    // `seen` was read before the last look: who has called since then makes this return at once.
    calls_.wait(seen);
  }
}

void ThreadPool::do_tasks() {
  while (waiting_tasks_.load() != 0 && !stop_.load()) {
    std::function<void()> task;
    {
      const std::lock_guard guard(tasks_lock_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      waiting_tasks_.store(tasks_.size());
    }
    task();
  }
}

void ThreadPool::submit(std::function<void()> task) {
  CHECK(!threads_.empty());
  {
    const std::lock_guard guard(tasks_lock_);
    tasks_.push_back(std::move(task));
    waiting_tasks_.store(tasks_.size());
  }
  wake_all();
}

void ThreadPool::wake_all() {
  calls_.fetch_add(1);
  calls_.notify_all();
}

// A claim is the step of `unclaimed_` from n to n - 1. It can only succeed in a round that has a
// part left, and that round is not over until the part is done: so part_ and parts_, read after the
// claim, are of the same round, even for a thread that has slept through any number of rounds since
// it read n.
uint32_t ThreadPool::work() {
  uint32_t got = 0;
  uint32_t n = unclaimed_.load();
  while (n != 0) {
    if (!unclaimed_.compare_exchange_weak(n, n - 1)) continue;
    ++got;
    (*part_)(parts_ - n);
    if (unfinished_.fetch_sub(1) == 1) unfinished_.notify_one();
    n = unclaimed_.load();
  }
  return got;
}

void ThreadPool::run(size_t parts, const std::function<void(size_t)>& part) {
  if (threads_.empty() || parts < 2) {
    for (size_t p = 0; p < parts; ++p) part(p);
    return;
  }
  CHECK(parts <= UINT32_MAX && unfinished_.load() == 0);
  part_ = &part;
  parts_ = static_cast<uint32_t>(parts);
  unfinished_.store(parts_);
  unclaimed_.store(parts_);
  call_helpers();
  const bool alone = work() == parts_;
  if (alone && called_)
    calls_to_pass_over_ = std::clamp(2 * calls_to_pass_over_, 1U, kPassOverMost);
  if (!alone) calls_to_pass_over_ = 0;
  if (watch([this] { return unfinished_.load() == 0; })) return;
  for (uint32_t left = unfinished_.load(); left != 0; left = unfinished_.load())
    unfinished_.wait(left);
}

// A call costs the caller a few microseconds if somebody sleeps. Those who came too late for the
// last one, because the round was short or because they had no processor, are called less often.
void ThreadPool::call_helpers() {
  called_ = calls_passed_over_ >= calls_to_pass_over_;
  calls_passed_over_ = called_ ? 0 : calls_passed_over_ + 1;
  if (called_) wake_all();
}

}  // namespace delever
