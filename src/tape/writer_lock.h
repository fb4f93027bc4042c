// Keeps two writers off one tape. A file of its own, because SQLite's locks are those of the
// process: closing a second descriptor of the tape would drop them. Held by flock, so a kill
// releases it.
#pragma once

#include <string>

#include "base/result.h"

namespace delever::tape {

class WriterLock {
 public:
  WriterLock() = default;
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock() { release(); }

  Result<void> acquire(const std::string& tape);
  void release();

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace delever::tape
