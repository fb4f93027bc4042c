#include "cluster/pool.h"

#include <chrono>

namespace delever::cluster {

Pool::Pool(unsigned threads, const Work& work) : work_(work) {
  for (unsigned t = 0; t < threads; ++t) threads_.emplace_back([this] { run(); });
}

Pool::~Pool() {
  {
    const std::lock_guard guard(lock_);
    stop_ = true;
  }
  orders_there_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void Pool::give(size_t number, std::string order) {
  ++under_way_;
  {
    const std::lock_guard guard(lock_);
    orders_.emplace_back(number, std::move(order));
  }
  orders_there_.notify_one();
}

std::optional<Pool::Answer> Pool::take(Duration wait) {
  std::unique_lock guard(lock_);
  if (!answers_there_.wait_for(guard, std::chrono::nanoseconds(wait.ns()),
                               [this] { return !answers_.empty(); }))
    return std::nullopt;
  Answer answer = std::move(answers_.front());
  answers_.pop_front();
  --under_way_;
  return answer;
}

void Pool::run() {
  std::unique_lock guard(lock_);
  for (;;) {
    orders_there_.wait(guard, [this] { return stop_ || !orders_.empty(); });
    if (stop_) return;
    auto [number, order] = std::move(orders_.front());
    orders_.pop_front();
    guard.unlock();
    Answer answer{number, work_(order)};
    guard.lock();
    answers_.push_back(std::move(answer));
    answers_there_.notify_one();
  }
}

}  // namespace delever::cluster
