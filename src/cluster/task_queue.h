// Tasks carried out on threads, for a thread that must not wait for them because it also talks to
// other machines.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "base/thread_pool.h"
#include "base/time.h"
#include "cluster/cluster.h"

namespace delever::cluster {

class TaskQueue {
 public:
  struct Done {
    size_t number = 0;
    Result<std::string> result;
  };
  TaskQueue(unsigned threads, const Work& work);  // refers to `work`
  // Tasks under way are finished, others dropped.

  void push(size_t number, std::string task);
  // A result if there is one within `wait`.
  std::optional<Done> pop(Duration wait);
  size_t idle() const {
    return threads_ - under_way_;
  }  // as the caller knows: pushed and not yet popped

 private:
  const Work& work_;
  const size_t threads_;
  size_t under_way_ = 0;
  std::mutex lock_;
  std::condition_variable result_there_;
  std::deque<Done> results_;
  ThreadPool pool_;  // last, so that its threads end before what they write to
};

}  // namespace delever::cluster
