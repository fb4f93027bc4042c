// The only door to wall time. Everything below cli is handed a Clock, or takes an Instant, so that
// a run is a function of its inputs.
#pragma once

#include "base/time.h"

namespace delever {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;       // UTC
  virtual Duration elapsed() = 0;  // monotonic, from an arbitrary origin
};

class SystemClock final : public Clock {
 public:
  Instant now() override;
  Duration elapsed() override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : now_(start), start_(start) {}
  Instant now() override { return now_; }
  Duration elapsed() override { return now_ - start_; }
  void advance(Duration by) { now_ = now_ + by; }

 private:
  Instant now_, start_;
};

}  // namespace delever
