// A file that is being written, under a name of its own beside the one it gets when it is whole: a
// reader sees the old file or the new one, whenever the power goes or somebody presses Ctrl-C. What
// was not committed is removed: by the destructor, and by the signals that end a program
// (remove_partial_files_on_signals).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes_hasher.h"
#include "base/result.h"

namespace delever {

// A file that a signal that ends the program removes, as long as this lives.
class RemovedOnSignal {
 public:
  explicit RemovedOnSignal(std::string path);
  ~RemovedOnSignal();
  RemovedOnSignal(const RemovedOnSignal&) = delete;
  RemovedOnSignal& operator=(const RemovedOnSignal&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  std::atomic<const char*>* place_ = nullptr;  // none left: a signal leaves this one behind
};

// The place alone: somebody else writes to path(), as SQLite does.
class PartialFile {
 public:
  // Links of `target` are followed. `beside`: what may stand next to path() while it is written
  // ("-wal"), removed with it. Folders that are not there are made, and go again with the file.
  static Result<PartialFile> begin(const std::string& target,
                                   const std::vector<std::string>& beside = {});
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile();

  const std::string& path() const { return path_; }
  const std::string& target() const { return target_; }
  // Has the disk confirm what is at path() and gives it the target's name (and the mode of the file
  // that it replaces). `digest`: of its bytes; leaves the mark that keeps_our_mark() knows.
  Result<void> commit(uint64_t digest);

 private:
  PartialFile() = default;
  void discard();
  std::string path_, target_;
  std::vector<std::unique_ptr<RemovedOnSignal>> slots_;
  std::vector<std::string> made_folders_;  // outermost first
  bool open_ = false;
};

// With the bytes handed over here. A device, a pipe or a socket is written as it stands.
class OutputFile {
 public:
  static Result<OutputFile> create(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Result<void> write(std::string_view bytes);
  Result<void> commit();  // without it the old file stays as it was

 private:
  OutputFile() = default;
  Error failed(int cause) const;
  std::unique_ptr<PartialFile> partial_;  // none: written as it stands
  std::string path_;
  int file_ = -1;
  BytesHasher digest_;
};

// A whole file at once.
Result<void> write_file_atomically(const std::string& path, std::string_view bytes);

// Whether the file was committed above and no byte of it has changed since: it can be made again,
// so it may be replaced. The mark is an extended attribute of the file; where the file system keeps
// none, nothing has it.
bool keeps_our_mark(const std::string& path);
Result<uint64_t> file_digest(const std::string& path);  // by BytesHasher
// FNV-1a, byte by byte, as marks and tapes of before December 2026 have it.
Result<uint64_t> file_digest_fnv(const std::string& path);

// Where a name leads: links followed, also those to nothing.
std::string followed(const std::string& path);

// SIGINT, SIGTERM, SIGHUP and SIGPIPE remove what is being written and end the program by the same
// signal. While an InterruptWatch lives, the first SIGINT, SIGTERM or SIGHUP is only noted, so that
// its holder can close what it has open; the second ends the program.
void remove_partial_files_on_signals();

class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  static bool interrupted();
  // Ends the program by the signal that was noted, if one was, once everything is closed.
  static void end_if_interrupted();
};

}  // namespace delever
