// A folder of its own for what has no name of its own: gone, with all that is in it, when its owner
// goes. Nobody else can look into it, or have put anything there before.
#pragma once

#include <string>

#include "base/result.h"

namespace delever {

class TemporaryFolder {
 public:
  // Where TMPDIR says, under a name that begins with `name`.
  static Result<TemporaryFolder> make(const std::string& name);
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace delever
