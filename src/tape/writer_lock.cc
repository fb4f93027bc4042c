#include "tape/writer_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <utility>

namespace delever::tape {

void WriterLock::release() {
  if (inode_ >= 0) ::close(std::exchange(inode_, -1));
  if (file_ < 0) return;
  removed_.reset();
  unlink(path_.c_str());
  ::close(std::exchange(file_, -1));
}

Result<void> WriterLock::acquire_inode(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  const std::string name = fmt::format("delever-tape-{:x}-{:x}", info.st_dev, info.st_ino);
  if (inode_ >= 0 && name == inode_name_) return {};
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  CHECK(name.size() + 1 < sizeof address.sun_path);
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const int lock = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (lock < 0) return {};  // a kernel without them: the file beside has to do
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(lock, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    const bool held = errno == EADDRINUSE;
    ::close(lock);
    if (held) return Error{Fault::refused, "another process is writing this tape", path};
    return {};
  }
  if (inode_ >= 0) ::close(inode_);  // of the file that stood there before
  inode_ = lock;
  inode_name_ = name;
  return {};
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
      if (ours.st_size > 0) {  // a lock of ours is empty, and goes when we do
        ::close(file);
        return Error{Fault::refused, "is no lock of a tape: move it away", path_};
      }
      file_ = file;
      removed_.emplace(path_);
      auto one = acquire_inode(tape);
      if (!one.has_value()) release();
      return one;
    }
    ::close(file);
  }
}

}  // namespace delever::tape
