#include "tape/writer_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace delever::tape {

void WriterLock::release() {
  if (file_ < 0) return;
  unlink(path_.c_str());
  ::close(std::exchange(file_, -1));
}

Result<void> WriterLock::acquire(const std::string& tape) {
  // Beside the file itself, whatever links lead to it: two names of one tape are one tape.
  std::error_code ec;
  const auto real = std::filesystem::weakly_canonical(tape, ec);
  path_ = (ec || real.empty() ? tape : real.string()) + "-lock";
  while (true) {
    const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0)
      return Error{Fault::unavailable, fmt::format("cannot be written: {}", std::strerror(errno)),
                   tape};
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      const bool held = errno == EWOULDBLOCK;
      const std::string why = fmt::format("cannot be locked: {}", std::strerror(errno));
      ::close(file);
      if (held) return Error{Fault::refused, "another process is writing this tape", tape};
      return Error{Fault::unavailable, why, tape};
    }
    // Between our open and our lock the holder may have gone and taken the name with it: then we
    // hold nothing.
    struct stat ours {
    }, named{};
    if (fstat(file, &ours) == 0 && stat(path_.c_str(), &named) == 0 &&
        ours.st_ino == named.st_ino) {
      file_ = file;
      return {};
    }
    ::close(file);
  }
}

}  // namespace delever::tape
