// The door to whole files and to the C library's streams. Below the command line nothing else opens
// a file by name, but for the tape, which has SQLite's own door (tools/tidy.py has the list).
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace delever {

// All bytes of a file. A directory is refused by name.
Result<std::string> read_file(const std::string& path);

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;
enum class FileUse { read, append };  // append makes it where there is none
Result<FileHandle> open_file(const std::string& path, FileUse use);

}  // namespace delever
