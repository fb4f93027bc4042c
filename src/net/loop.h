// The event loop: one thread that owns connections and timers and runs every handler. Nothing here
// or above it needs a lock; only post() and stop() may be called from other threads.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

namespace delever::net {

// A call that is due later. Destroying or cancelling it means that the call will not be made.
class Timer {
 public:
  Timer() = default;
  ~Timer() { cancel(); }
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept {
    cancel();
    state_ = std::move(other.state_);
    return *this;
  }
  void cancel();
  bool waiting() const;

 private:
  friend class Loop;
  struct State;
  std::shared_ptr<State> state_;
};

class Loop {
 public:
  explicit Loop(Clock& clock);  // stamps what is received; must outlive the loop
  ~Loop();                      // drops every connection without telling anyone
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();  // until stop()
  // Runs handlers for so long, or until stop(); for tests, and for who has something else to do.
  void run_for(Duration most);
  void stop();
  // For so long after bytes came it asks again and again for more instead of sleeping: waking a
  // thread took half of what a lone order waited (84 to 92 us, and 35 to 44 awake). Zero, the
  // default: it sleeps at once. Not kept on a machine of one core, where the other side needs it.
  void stay_awake(Duration after_bytes);
  // What a WebSocket is given by send_beside is handed to the kernel by a thread of its own from
  // here on. Not on a machine of one core.
  void send_beside();
  bool sends_beside() const;
  void post(std::function<void()> task);
  [[nodiscard]] Timer after(Duration wait, std::function<void()> task);
  // The handler runs on the loop, for each of the signals as often as it comes.
  Result<void> on_signals(const std::vector<int>& signals, std::function<void(int)> handler);
  Clock& clock();
  size_t queued() const;  // bytes that wait to be sent, of all connections together

  struct Impl;  // what the files of this folder share
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace delever::net
