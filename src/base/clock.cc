#include "base/clock.h"

#include <chrono>

namespace delever {

Instant SystemClock::now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Instant::ns(std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count());
}

Duration SystemClock::elapsed() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return Duration::ns(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

}  // namespace delever
