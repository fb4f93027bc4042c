#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace delever::cli {

void ProgressBar::show(std::string_view what, uint64_t done, uint64_t total) {
  if (!io_.progress) return;
  const Duration now = io_.clock->elapsed();
  if (drawn_ && now - last_ < Duration::ms(100)) return;
  last_ = now;
  drawn_ = true;
  constexpr uint64_t width = 30;
  const uint64_t full = total ? std::min(width, done * width / total) : 0;
  write(io_.err, fmt::format("\r\033[K[{:<{}}] {:3} % {}", std::string(full, '#'), width,
                             total ? std::min<uint64_t>(100, done * 100 / total) : 0, what));
}

void ProgressBar::clear() {
  if (drawn_) write(io_.err, "\r\033[K");
  drawn_ = false;
}

}  // namespace delever::cli
