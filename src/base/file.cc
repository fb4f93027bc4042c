#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace delever {
namespace {

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
  while (const size_t got = std::fread(part.data(), 1, part.size(), file.get()))
    out.append(part.data(), got);
  if (std::ferror(file.get())) return unavailable(path, "cannot be read");
  return out;
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes) {
  if (is_directory(path)) return unavailable(path, "is a directory, want a file");
  const std::string beside = path + ".part-" + std::to_string(getpid());
  FileHandle file(std::fopen(beside.c_str(), "wb"));
  if (!file) return unavailable(path, std::string("cannot be written: ") + std::strerror(errno));
  bool good = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  good = good && std::fflush(file.get()) == 0 && fsync(fileno(file.get())) == 0;
  const int why = errno;
  file.reset();
  if (good && std::rename(beside.c_str(), path.c_str()) == 0) return {};
  const int cause = good ? errno : why;
  unlink(beside.c_str());
  return unavailable(path, std::string("cannot be written: ") + std::strerror(cause));
}

}  // namespace delever
