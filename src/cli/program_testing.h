// For tests of the program as a process: the binary that was built beside this test.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace delever::cli {

// Empty: it is not built.
inline std::string program() {
  const std::filesystem::path path =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "delever";
  return std::filesystem::exists(path) ? path.string() : "";
}

// In a child: becomes the program.
[[noreturn]] inline void exec_program(const std::vector<std::string>& words) {
  std::vector<std::string> whole{program()};
  whole.insert(whole.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& w : whole) argv.push_back(w.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(98);
}

}  // namespace delever::cli
