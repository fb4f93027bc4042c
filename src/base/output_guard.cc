#include "base/output_guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/partial_file.h"

namespace delever {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFolderFiles = 10'000;  // of an input folder; ours have a hundred

Error usage(const std::string& path, std::string what) {
  return {Fault::usage, std::move(what), path};
}

}  // namespace

bool begins_as_tape(const std::string& path) {
  char head[72] = {};
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  const ssize_t got = pread(file, head, sizeof head, 0);
  ::close(file);
  return got > 0 && (std::memcmp(head, "SQLite format 3", 16) == 0 ||
                     (got == sizeof head && std::memcmp(head + 68, "dlvr", 4) == 0));
}

void OutputGuard::add_input(const std::string& path) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) {
    size_t seen = 0;
    for (fs::recursive_directory_iterator at(path, ec), end; !ec && at != end; at.increment(ec)) {
      if (++seen > kFolderFiles) break;
      std::error_code unreadable;
      if (at->is_regular_file(unreadable)) add_input(at->path().string());
    }
    return;
  }
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode))
    inputs_.emplace_back(FileId{info.st_dev, info.st_ino}, path);
}

Result<void> OutputGuard::allow(const std::string& path, Kind kind) {
  const std::string place = followed(path);
  struct stat there {};
  const bool exists = stat(place.c_str(), &there) == 0;
  if (exists && S_ISDIR(there.st_mode))
    return Error{Fault::unavailable, "is a directory, want a file", path};
  if (exists && !S_ISREG(there.st_mode)) return {};  // a device or a pipe takes what it is given
  for (const auto& [id, input] : inputs_) {
    if (exists && id == FileId{there.st_dev, there.st_ino})
      return usage(path, fmt::format("is read by this run{}: an output never replaces an input",
                                     input == path ? "" : " as " + input));
  }
  for (const std::string& other : outputs_) {
    if (other == place) return usage(path, "two outputs of one run would be this file");
  }
  outputs_.push_back(place);
  if (!exists) {
    fs::path folder = fs::path(place).parent_path();
    std::error_code ec;
    while (!folder.empty() && folder.has_relative_path() && !fs::exists(folder, ec))
      folder = folder.parent_path();
    if (folder.empty()) folder = ".";
    if (!fs::is_directory(folder, ec) || ::access(folder.c_str(), W_OK | X_OK) != 0)
      return Error{
          Fault::unavailable,
          fmt::format("cannot be written: {}",
                      fs::is_directory(folder, ec) ? std::strerror(errno) : std::strerror(ENOTDIR)),
          path};
    return {};
  }
  if (::access(place.c_str(), W_OK) != 0)
    return Error{Fault::unavailable, fmt::format("cannot be written: {}", std::strerror(errno)),
                 path};
  if (kind == Kind::grows || force_ || there.st_size == 0) return {};
  const bool ours = keeps_our_mark(place);
  if (begins_as_tape(place) && !(ours && kind == Kind::own_tape))
    return usage(path, "is a recording there already: --force replaces it");
  if (!ours)
    return usage(path, "is there already, and not as delever wrote it: --force replaces it");
  return {};
}

}  // namespace delever
