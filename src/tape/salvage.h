// Finds the rows of a tape in the bare pages of its file, for when SQLite's own trees are damaged
// and lead nowhere. Every row carries a checksum, so whatever looks like a row and checks is one.
// What a -wal beside the file holds is not seen. The layout of pages and cells is that of
// https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.1.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tape/block.h"
#include "tape/schema.h"

namespace delever::tape {

struct FoundBlock {
  BlockHeader header;
  uint32_t page = 0;  // from 1
  uint32_t cell = 0;  // offset of the row in the page
};

struct Salvaged {
  std::vector<FoundBlock>
      blocks;  // sound ones only, in the order (first, stream, run, seq), each once
  TapeDescription tape;
};

class PageFile {
 public:
  static Result<PageFile> open(const std::string& path);
  uint32_t pages() const { return pages_; }
  bool read(uint32_t page, char* out) const;  // kTapePageBytes, zeros where the file ends early

  Result<Salvaged> search() const;
  std::optional<std::string> packed(
      const FoundBlock& block) const;  // the block's data, as the checksum knew it

 private:
  struct Close {
    void operator()(const int* file) const;
  };
  explicit PageFile(int file, uint32_t pages) : file_(new int(file)), pages_(pages) {}

  std::unique_ptr<int, Close> file_;
  uint32_t pages_;
};

}  // namespace delever::tape
