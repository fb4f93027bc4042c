// What a run may write. No output is one of the inputs, whatever links lead to it; two outputs are
// not one file; a recording, or a file that is not known to be ours, is replaced only when that is
// asked for. Asked before the work begins, so that nothing has been touched when it says no.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace delever {

class OutputGuard {
 public:
  enum class Kind {
    file,      // replaced when it is whole
    own_tape,  // as a file; a recording that was simulated here and is unchanged may be replaced
    grows,     // what is there is added to: a tape, a file of runs
  };
  // A file that is read; of a folder all files in it. What is not there is nobody's.
  void add_input(const std::string& path);
  void set_force(bool force) { force_ = force; }
  // Fault::usage where it may not be written, Fault::unavailable where it cannot.
  Result<void> allow(const std::string& path, Kind kind);

 private:
  using FileId = std::pair<uint64_t, uint64_t>;  // device, inode
  std::vector<std::pair<FileId, std::string>> inputs_;
  std::vector<std::string> outputs_;  // by where they lead
  bool force_ = false;
};

// Whether the file begins as a tape: an SQLite file, or one with a tape's own mark.
bool begins_as_tape(const std::string& path);

}  // namespace delever
