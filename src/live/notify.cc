#include "live/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace delever::live {

Notifier Notifier::from_environment() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  const char* usec = std::getenv("WATCHDOG_USEC");
  const char* pid = std::getenv("WATCHDOG_PID");  // whose watchdog it is, where it is said
  std::optional<Duration> watchdog;
  const bool ours = pid == nullptr || read_int(pid) == static_cast<int64_t>(getpid());
  if (usec != nullptr && ours) {
    if (const auto n = read_int(usec); n && *n > 0) watchdog = Duration::us(*n);
  }
  return {path == nullptr ? "" : path, watchdog};
}

void Notifier::notify(std::string_view lines) const {
  sockaddr_un address{};
  if (path_.empty() || path_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  if (path_.front() == '@') address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  (void)sendto(fd, lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&address), size);
  close(fd);
}

std::optional<Duration> Notifier::watchdog() const {
  if (path_.empty() || !watchdog_) return {};
  return *watchdog_ / 2;
}

}  // namespace delever::live
