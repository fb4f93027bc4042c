#include "base/file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace delever {
namespace {

// Of a file that is held whole: tables, rules, pages. A device such as /dev/zero has no end.
constexpr size_t kFileMost = size_t{1} << 30;

Error unavailable(const std::string& path, std::string what) {
  return {Fault::unavailable, std::move(what), path};
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

Result<FileHandle> open_file(const std::string& path, FileUse use) {
  if (is_directory(path)) return unavailable(path, "is a directory, want a file");
  FileHandle file(std::fopen(path.c_str(), use == FileUse::read ? "rb" : "ab"));
  if (!file) {
    return unavailable(path, use == FileUse::read
                                 ? std::string("cannot be opened")
                                 : std::string("cannot be written: ") + std::strerror(errno));
  }
  return file;
}

Result<std::string> read_file(const std::string& path) {
  const FileHandle file = TRY(open_file(path, FileUse::read));
  std::string out;
  std::array<char, 1 << 16> part;
  while (const size_t got = std::fread(part.data(), 1, part.size(), file.get())) {
    out.append(part.data(), got);
    if (out.size() > kFileMost)
      return unavailable(path, fmt::format("is larger than {} MiB", kFileMost >> 20));
  }
  if (std::ferror(file.get())) return unavailable(path, "cannot be read");
  return out;
}

}  // namespace delever
