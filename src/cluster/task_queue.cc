#include "cluster/task_queue.h"

#include <chrono>

namespace delever::cluster {

// One thread more than asked for: the pool counts its caller, who never works here.
TaskQueue::TaskQueue(unsigned threads, const Work& work)
    : work_(work), threads_(threads), pool_(threads + 1) {}

void TaskQueue::push(size_t number, std::string task) {
  ++under_way_;
  pool_.submit([this, number, task = std::move(task)] {
    Done done{number, work_(task)};
    const std::lock_guard guard(lock_);
    results_.push_back(std::move(done));
    result_there_.notify_one();
  });
}

std::optional<TaskQueue::Done> TaskQueue::pop(Duration wait) {
  std::unique_lock guard(lock_);
  if (!result_there_.wait_for(guard, std::chrono::nanoseconds(wait.ns()),
                              [this] { return !results_.empty(); }))
    return std::nullopt;
  Done done = std::move(results_.front());
  results_.pop_front();
  --under_way_;
  return done;
}

}  // namespace delever::cluster
