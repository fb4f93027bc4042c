// A few threads for a caller, in two ways: run() shares out the numbered parts of one step and
// returns when all are done; submit() queues a task and returns at once. Which thread does which
// part is left to chance: parts must not depend on one another, and then nothing depends on it.
// Nobody waits for a thread, only for parts that a thread has begun: a helper that has no processor
// at the moment is not missed. The only place below the shell that starts threads for computing.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace delever {

class ThreadPool {
 public:
  // run()'s caller is one of them, so `threads` - 1 are started.
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();  // tasks that a thread has begun are finished, others dropped
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  // Returns when all are done. One thread at a time may call it, and no part may.
  void run(size_t parts, const std::function<void(size_t)>& part);
  // Done some time by one of the threads started; needs at least one. From any thread.
  void submit(std::function<void()> task);

 private:
  void help();          // the life of a helper
  uint32_t work();      // how many parts it was given
  void do_tasks();      // those of submit(), until none is left
  void call_helpers();  // to the parts of run()
  void wake_all();

  const std::function<void(size_t)>* part_ =
      nullptr;  // of the round; read by those alone who have claimed a part
  uint32_t parts_ = 0;
  uint32_t calls_passed_over_ = 0, calls_to_pass_over_ = 0;
  bool called_ = false;
  // Apart, so that those who wait do not take the line from those who work.
  alignas(64) std::atomic<uint32_t> unclaimed_{0};
  alignas(64) std::atomic<uint32_t> unfinished_{0};
  alignas(64) std::atomic<uint32_t> calls_{0};
  std::atomic<bool> stop_{false};
  std::atomic<size_t> waiting_tasks_{0};  // size of tasks_, to be read without its lock
  std::mutex tasks_lock_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
};

}  // namespace delever
