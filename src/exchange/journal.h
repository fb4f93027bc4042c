// The command log: a file of commands as they were accepted, each with its length and digest.
// Replaying it from the beginning, or from a snapshot taken after command n, gives the same state
// hash on any machine. A process that is killed leaves whole records and perhaps one cut record at
// the end, which reading reports and leaves out.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "exchange/exchange.h"

namespace delever::exchange {

class JournalWriter {
 public:
  // Creates the file, or goes on after the last whole record of an existing one.
  static Result<JournalWriter> open(const std::string& path);
  Result<void> append(const Command& command);
  Result<void> flush();  // to the operating system
  uint64_t commands() const { return commands_; }

 private:
  JournalWriter(FileHandle file, std::string path, uint64_t commands)
      : file_(std::move(file)), path_(std::move(path)), commands_(commands) {}
  FileHandle file_;
  std::string path_;
  uint64_t commands_ = 0;
  bool broken_ = false;  // a record may stand half written: nothing goes behind it
};

struct JournalEnd {
  uint64_t commands = 0;  // whole ones
  uint64_t bytes = 0;     // up to the end of the last whole one
  bool cut = false;       // a partial record follows
};

// Hands each command over, with its number from 0, until the end or until the callback returns
// false. Damage before the last record is an error that names the byte.
Result<JournalEnd> read_journal(const std::string& path,
                                const std::function<bool(uint64_t, const Command&)>& each);

// The exchange after the first `commands` of the journal, from a snapshot taken after `from` of
// them where one is given. Only accepted commands stand in a journal: one that is refused on replay
// is an error that names its number.
struct JournalStart {
  std::string snapshot;
  uint64_t from = 0;
};
Result<std::unique_ptr<Exchange>> replay_journal(ExchangeSetup setup, const std::string& path,
                                                 const std::optional<JournalStart>& start = {},
                                                 uint64_t commands = ~uint64_t{0});

}  // namespace delever::exchange
