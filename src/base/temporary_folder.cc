#include "base/temporary_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace delever {

namespace fs = std::filesystem;

Result<TemporaryFolder> TemporaryFolder::make(const std::string& name) {
  std::error_code ec;
  const fs::path parent = fs::temp_directory_path(ec);
  if (ec) return Error{Fault::unavailable, "no folder for temporary files: " + ec.message()};
  std::string path = parent / (name + "-XXXXXX");
  if (!mkdtemp(path.data())) return Error{Fault::unavailable, std::strerror(errno), path};
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, "")) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ec;
  if (!path_.empty()) fs::remove_all(path_, ec);
}

}  // namespace delever
