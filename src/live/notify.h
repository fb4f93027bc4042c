// What systemd wants to hear of a service: a datagram to the socket that NOTIFY_SOCKET names
// (sd_notify(3)). Without the variable, nothing is sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace delever::live {

class Notifier {
 public:
  static Notifier from_environment();
  Notifier(std::string path, std::optional<Duration> watchdog)
      : path_(std::move(path)), watchdog_(watchdog) {}
  // "READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=..."; one a line. A failure is nobody's concern.
  void notify(std::string_view lines) const;
  // How often WATCHDOG=1 is due: half of the time after which the service would be killed.
  std::optional<Duration> watchdog() const;

 private:
  std::string path_;  // "/run/systemd/notify", or "@name" in the abstract namespace
  std::optional<Duration> watchdog_;
};

}  // namespace delever::live
