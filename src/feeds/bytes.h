// Bytes of a file, plain, gzip or zip, told apart by their first bytes and not by the name.
// Constant memory; damage is an error that says where.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"

namespace delever::feeds {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual Result<size_t> read(char* to, size_t size) = 0;  // 0 at the end
  virtual uint64_t consumed() const = 0;  // bytes of the file on disk, for progress
};

// What one file holds: itself, or the members of a zip archive, one after the other.
struct ByteMember {
  std::string name;   // base name without .gz: "BTCUSDT-trades-2026-01-30.csv"
  std::string place;  // for errors: "a.csv.gz", "a.zip:BTCUSDT-trades-2026-01-30.csv"
  std::unique_ptr<ByteSource> source;  // not valid after the next member was asked for
};

// All text of a file that may be compressed, of at most `most` bytes.
Result<std::string> read_text(const std::string& path, uint64_t most);

class InputFile {
 public:
  struct Options {
    bool digest = false;  // of the file's bytes, made as they are read
  };
  static Result<std::unique_ptr<InputFile>> open(const std::string& path, Options options);
  static Result<std::unique_ptr<InputFile>> open(const std::string& path) {
    return open(path, Options{});
  }
  virtual ~InputFile() = default;
  virtual Result<std::optional<ByteMember>> next() = 0;
  virtual uint64_t size() const = 0;  // on disk
  // As file_digest() has it. Absent until all was read, and of a zip archive, of which only the
  // members are.
  virtual std::optional<uint64_t> digest() const { return std::nullopt; }
};

}  // namespace delever::feeds
