// A file without a name, in the folder for temporary files: bytes that need not be in memory. It is
// gone with its owner, however that ends.
#pragma once

#include <cstddef>
#include <cstdint>

namespace delever {

class SpillFile {
 public:
  SpillFile() = default;
  SpillFile(SpillFile&& other) noexcept;
  SpillFile& operator=(SpillFile&& other) noexcept;
  ~SpillFile();

  // At the end. False: nothing was added, and never will be (no folder, a full disk).
  bool append(const void* bytes, size_t size);
  // Bytes that were added; CHECKs that they are there.
  void read(uint64_t from, void* bytes, size_t size) const;

 private:
  int file_ = -1;
  uint64_t size_ = 0;
  bool refused_ = false;
};

}  // namespace delever
