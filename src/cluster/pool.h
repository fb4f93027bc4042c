// Threads that carry out orders, for a thread that must not wait for them because it also talks to
// other machines.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/time.h"
#include "cluster/cluster.h"

namespace delever::cluster {

class Pool {
 public:
  struct Answer {
    size_t number = 0;
    Result<std::string> reply;
  };
  Pool(unsigned threads, const Work& work);  // refers to `work`
  ~Pool();                                   // orders under way are finished, others dropped
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void give(size_t number, std::string order);
  // An answer if there is one within `wait`.
  std::optional<Answer> take(Duration wait);
  size_t idle() const {
    return threads_.size() - under_way_;
  }  // as the taker knows: given and not yet taken

 private:
  void run();
  const Work& work_;
  std::mutex lock_;
  std::condition_variable orders_there_, answers_there_;
  std::deque<std::pair<size_t, std::string>> orders_;
  std::deque<Answer> answers_;
  bool stop_ = false;
  size_t under_way_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace delever::cluster
