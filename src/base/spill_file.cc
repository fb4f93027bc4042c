#include "base/spill_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "base/check.h"

namespace delever {
namespace {

// Named for a moment only: not every file system knows files without a name.
int open_nameless() {
  std::error_code ec;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(ec);
  if (ec) return -1;
  std::string path = folder / "delever-spill-XXXXXX";
  const int file = mkostemp(path.data(), O_CLOEXEC);
  if (file >= 0) unlink(path.c_str());
  return file;
}

}  // namespace

SpillFile::SpillFile(SpillFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      size_(std::exchange(other.size_, 0)),
      refused_(other.refused_) {}

SpillFile& SpillFile::operator=(SpillFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(size_, other.size_);
  std::swap(refused_, other.refused_);
  return *this;
}

SpillFile::~SpillFile() {
  if (file_ >= 0) close(file_);
}

bool SpillFile::append(const void* bytes, size_t size) {
  if (!refused_ && file_ < 0) file_ = open_nameless();
  if (refused_ || file_ < 0) return !(refused_ = true);
  for (size_t done = 0; done < size;) {
    const ssize_t n = pwrite(file_, static_cast<const char*>(bytes) + done, size - done,
                             static_cast<off_t>(size_ + done));
    if (n <= 0) return !(refused_ = true);
    done += static_cast<size_t>(n);
  }
  size_ += size;
  return true;
}

void SpillFile::read(uint64_t from, void* bytes, size_t size) const {
  for (size_t done = 0; done < size;) {
    const ssize_t n = pread(file_, static_cast<char*>(bytes) + done, size - done,
                            static_cast<off_t>(from + done));
    CHECK(n > 0);
    done += static_cast<size_t>(n);
  }
}

}  // namespace delever
