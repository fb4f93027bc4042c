// For tests of the program: runs a command line in this process and keeps what it printed.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/source_root.h"
#include "cli/cli.h"

namespace delever::cli {

struct Ran {
  int code = 0;
  std::string out, err;
};

inline std::string contents(std::FILE* file) {
  std::string text(static_cast<size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  CHECK(std::fread(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
  return text;
}

inline Ran run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "delever");
  std::vector<const char*> argv;
  for (const std::string& a : arguments) argv.push_back(a.c_str());
  SystemClock clock;
  Io io{.out = std::tmpfile(), .err = std::tmpfile(), .clock = &clock, .progress = false};
  Ran ran;
  ran.code = run_cli(static_cast<int>(argv.size()), argv.data(), io);
  ran.out = contents(io.out);
  ran.err = contents(io.err);
  return ran;
}

inline const std::string kEpisode = source_root() + "/episodes/2026-01-30";
inline const std::string kData = source_root() + "/../shared/data";  // may be missing

inline void save(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// A folder that no other process has, removed at the end with what is in it. A child that a test
// forks leaves through _exit, so that only the process that made the folder removes it.
class TestFolder {
 public:
  TestFolder() : path_(std::filesystem::temp_directory_path() / "delever-cli-test-XXXXXX") {
    CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A path in the folder of this process that nothing stands at.
inline std::string scratch(const std::string& name) {
  static const TestFolder folder;
  const std::string path = folder.path() + "/" + name;
  for (const char* suffix : {"", "-wal", "-shm", "-lock"})
    std::filesystem::remove_all(path + suffix);
  return path;
}

}  // namespace delever::cli
