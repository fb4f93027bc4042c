// Where the market should stand at a moment of the wall: its speed, and whether it waits.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace delever::rehearsal {

class Pace {
 public:
  Pace(Instant market, Duration wall, double speed) : market_(market), wall_(wall), speed_(speed) {}

  // Speed 0: as fast as it goes.
  Instant target(Duration wall) const {
    if (paused_) return market_;
    if (speed_ <= 0) return Instant::max();
    const double past = static_cast<double>((wall - wall_).ns()) * speed_;
    return market_ + Duration::ns(static_cast<int64_t>(std::min(past, 9e18)));
  }
  double speed() const { return speed_; }
  bool paused() const { return paused_; }

  // Each is told where the market stands: from there it goes on.
  void set_speed(double speed, Instant market, Duration wall) {
    if (!paused_) anchor(market, wall);
    speed_ = speed;
  }
  void pause(Instant market, Duration wall) {
    if (!paused_) anchor(market, wall);
    paused_ = true;
  }
  void resume(Duration wall) {
    if (!paused_) return;
    paused_ = false;
    wall_ = wall;
  }
  void step(Duration by) { market_ = market_ + by; }  // while paused
  void anchor(Instant market, Duration wall) {
    market_ = market;
    wall_ = wall;
  }

 private:
  Instant market_;
  Duration wall_;
  double speed_ = 1;
  bool paused_ = false;
};

}  // namespace delever::rehearsal
