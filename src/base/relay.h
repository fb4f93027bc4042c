// Relay: what one thread hands to one other, in order and never more than a few at a time. Which of
// the two waits is left to chance; what is taken is what was given, in that order, so nothing that
// is made of it depends on when.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace delever {

template <class T>
class Relay {
 public:
  // `most`: that may wait to be taken. At least one.
  explicit Relay(size_t most) : most_(most) {}
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Waits for room. False: stop() was called, and it is dropped.
  bool give(T one) {
    {
      std::unique_lock guard(mutex_);
      room_.wait(guard, [this] { return stopped_ || waiting_.size() < most_; });
      if (stopped_) return false;
      waiting_.push_back(std::move(one));
    }
    ready_.notify_one();
    return true;
  }
  // Waits for one. Nothing: all that was given has been taken and end() was called, or stop().
  std::optional<T> take() {
    std::optional<T> one;
    {
      std::unique_lock guard(mutex_);
      ready_.wait(guard, [this] { return stopped_ || ended_ || !waiting_.empty(); });
      if (stopped_ || waiting_.empty()) return one;
      one.emplace(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    room_.notify_one();
    return one;
  }
  // Without waiting, whichever side asks: is there one, and is there room for one.
  std::optional<T> take_if_any() {
    std::optional<T> one;
    const std::lock_guard guard(mutex_);
    if (waiting_.empty()) return one;
    one.emplace(std::move(waiting_.front()));
    waiting_.pop_front();
    return one;
  }
  void give_if_room(T one) {
    const std::lock_guard guard(mutex_);
    if (waiting_.size() < most_) waiting_.push_back(std::move(one));
  }

  void end() { set(ended_); }     // whoever gives: that was all
  void stop() { set(stopped_); }  // either: nobody gives or takes any more

 private:
  void set(bool& flag) {
    {
      const std::lock_guard guard(mutex_);
      flag = true;
    }
    room_.notify_all();
    ready_.notify_all();
  }

  const size_t most_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<T> waiting_;
  bool ended_ = false, stopped_ = false;
};

}  // namespace delever
