// The file that keeps what an ensemble has done, a line a run, so that one that was killed goes on.
// One process at a time: a second one is refused. Each line is written at once, so that a kill
// loses at most the line it cuts; it is forced to the disk once a second and at the end, so that a
// power cut loses at most what came in the last second.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "sim/ensemble/task.h"

namespace delever::reports {

class RunsFile {
 public:
  static Result<std::unique_ptr<RunsFile>> open(const std::string& path, uint64_t digest,
                                                Clock& clock);
  ~RunsFile();
  RunsFile(const RunsFile&) = delete;
  RunsFile& operator=(const RunsFile&) = delete;

  const sim::KeptRuns& kept() const { return kept_; }
  Result<void> keep(std::string_view task, std::string_view result);
  Result<void> close();

 private:
  RunsFile(std::string path, uint64_t digest, Clock& clock)
      : path_(std::move(path)), digest_(digest), clock_(clock) {}
  Result<void> write_all(std::string_view bytes);
  std::string path_;
  uint64_t digest_;
  Clock& clock_;
  Duration synced_;
  int file_ = -1;
  sim::KeptRuns kept_;
};

}  // namespace delever::reports
