// Tapes into a ClickHouse server: one table a kind of event, made where it is not there. Rows go in
// batches that are cut the same way each time, and the server is asked first what it has of each:
// pushing again adds nothing, a push that was cut off goes on where it was, a tape that has grown
// since adds its new rows.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace delever::warehouse {

struct PushOptions {
  std::vector<std::string> tapes;
  std::string url;                           // http://user:password@host:8123/database
  std::set<std::string, std::less<>> kinds;  // of payload_name(); empty: all
  uint64_t batch_rows = 200'000;             // what is there already was cut by the same
  std::function<void(const std::string& tape, uint64_t messages)> progress;
};

struct PushedKind {
  std::string kind;
  uint64_t rows = 0, there = 0;  // of the tapes, and of them there before
};

struct PushReport {
  std::string database;
  std::vector<PushedKind> kinds;  // that the tapes have
  uint64_t messages = 0, undecoded = 0;
  uint64_t sent() const;
  uint64_t rows() const;
};

Result<PushReport> push(const PushOptions& options);

// What a tape is told by, however long it grows: the digest of its first block.
Result<std::string> tape_mark(const std::string& path);

}  // namespace delever::warehouse
