// Keeps two writers off one tape. Two locks, because each sees what the other cannot. A file beside
// the tape, held by flock, for writers of every container and machine that share the folder; not
// the tape itself, because SQLite's locks are those of the process, and closing a second descriptor
// of the tape would drop them. And a name of the kernel's (an abstract socket) made of the tape's
// device and inode, because a hard link is the same tape in another folder. A kill releases both.
#pragma once

#include <optional>
#include <string>

#include "base/partial_file.h"
#include "base/result.h"

namespace delever::tape {

class WriterLock {
 public:
  WriterLock() = default;
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock() { release(); }

  Result<void> acquire(const std::string& tape);
  // Of the file at `path`, once it is there, or another is; acquire() has done it for one that was.
  Result<void> acquire_inode(const std::string& path);
  void release();

 private:
  std::string path_, inode_name_;
  std::optional<RemovedOnSignal> removed_;
  int file_ = -1, inode_ = -1;
};

}  // namespace delever::tape
