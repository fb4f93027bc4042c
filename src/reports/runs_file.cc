#include "reports/runs_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace delever::reports {
namespace {

Error failed(const std::string& path) {
  return {Fault::unavailable,
          fmt::format("cannot be used as a runs file: {}", std::strerror(errno)), path};
}

// What a kill can leave of a first line: the beginning of its digest, or of what follows that.
bool is_torn_line(std::string_view text) {
  if (text.find('\n') != text.npos) return false;
  const size_t digits = std::min<size_t>(text.size(), 16);
  return text.substr(0, digits).find_first_not_of("0123456789abcdef") == text.npos &&
         (text.size() <= 16 || text[16] == ' ');
}

}  // namespace

Result<std::unique_ptr<RunsFile>> RunsFile::open(const std::string& path, uint64_t digest,
                                                 Clock& clock) {
  std::unique_ptr<RunsFile> made(new RunsFile(path, digest, clock));
  made->file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (made->file_ < 0) return failed(path);
  if (flock(made->file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(path);
    return Error{Fault::unavailable, "another process is writing its runs here", path};
  }
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(made->file_, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path);
    if (n == 0) break;
    text.append(buffer, static_cast<size_t>(n));
  }
  made->kept_ = sim::read_kept(text, digest);
  // At most one line is torn, the last: anything else is somebody's file of something else.
  const bool ours = made->kept_.torn <= 1 &&
                    (!made->kept_.results.empty() || made->kept_.others > 0 || is_torn_line(text));
  if (!text.empty() && !ours)
    return Error{Fault::usage, "is there already and holds no runs: nothing is added to it", path};
  // What a kill cut off stays, and is passed over.
  if (!text.empty() && text.back() != '\n') TRY(made->write_all("\n"));
  made->synced_ = clock.elapsed();
  return made;
}

RunsFile::~RunsFile() {
  if (file_ >= 0) ::close(file_);
}

Result<void> RunsFile::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path_);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> RunsFile::keep(std::string_view task, std::string_view result) {
  TRY(write_all(sim::kept_line(digest_, task, result)));
  const Duration now = clock_.elapsed();
  if (now - synced_ < Duration::seconds(1)) return {};
  synced_ = now;
  if (fsync(file_) != 0) return failed(path_);
  return {};
}

Result<void> RunsFile::close() {
  if (fsync(file_) != 0 || ::close(std::exchange(file_, -1)) != 0) return failed(path_);
  return {};
}

}  // namespace delever::reports
