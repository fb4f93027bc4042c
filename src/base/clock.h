// The only door to wall time. Everything below cli is handed a Clock, or takes an Instant, so that
// a run is a function of its inputs.
#pragma once

#include <atomic>

#include "base/time.h"

namespace delever {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;       // UTC
  virtual Duration elapsed() = 0;  // monotonic, from an arbitrary origin
};

// One reading of both sides of a clock: state machines are handed it with each input.
struct Moment {
  Instant at;        // UTC; may step
  Duration elapsed;  // monotonic: what waiting is counted on
};

class SystemClock final : public Clock {
 public:
  Instant now() override;
  Duration elapsed() override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : start_(start) {}
  Instant now() override { return start_ + elapsed(); }
  Duration elapsed() override { return Duration::ns(elapsed_ns_); }
  void advance(Duration by) { elapsed_ns_ += by.ns(); }

 private:
  const Instant start_;
  std::atomic<int64_t> elapsed_ns_ = 0;  // threads behind a recorder ask for it too
};

}  // namespace delever
