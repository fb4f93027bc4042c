// Work off the loop: a task runs on another thread, what follows runs on the loop. When its owner
// has gone, what follows is dropped. The threads stand back behind the loop's: where all processors
// are busy with passes over the tapes, an answer that is ready does not wait for its turn among
// them.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/thread_pool.h"
#include "net/loop.h"

namespace delever::dashboard {

class Workers {
 public:
  Workers(net::Loop& loop, unsigned threads) : loop_(loop), pool_(threads + 1) {}

  // On the loop. `task` must own what it touches.
  template <class T>
  void work(std::function<T()> task, std::function<void(T)> then) {
    auto done = std::make_shared<std::function<void(T)>>(std::move(then));
    pool_.submit([this, task = std::move(task), done, alive = std::weak_ptr<bool>(alive_)] {
      stand_back();
      auto result = std::make_shared<T>(task());
      loop_.post([result, done, alive] {
        if (!alive.expired()) (*done)(std::move(*result));
      });
    });
  }

 private:
  static void stand_back();  // of the thread that calls it; once is enough
  net::Loop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  ThreadPool pool_;  // the last member: waits for its tasks before anything else goes
};

}  // namespace delever::dashboard
