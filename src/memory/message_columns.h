// Every message of a segment: its source, when it was received, and how many events came of it. So
// a question at any nanosecond knows what had been received and counted by then.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "market/event.h"
#include "memory/columns.h"
#include "memory/memory_file.h"

namespace delever::memory {

struct MessageRow {
  SourceId source = 0;
  Instant received;
  uint64_t events = 0;  // told to the sink
  Counts counted;       // by the decoder; a gap, and a message that is repeated, counts for nothing
};

class MessageWriter {
 public:
  void begin(Instant first);
  void add(const MessageRow& row);
  void undecoded(SourceId source, const std::string& why);  // of the row that is added next
  uint64_t count() const { return count_; }
  ColumnWriter take() { return columns_.take(); }  // of the segment that ends

 private:
  ColumnWriter columns_;
  Instant before_;
  uint64_t count_ = 0, told_ = 0;
  std::map<std::string, uint64_t> reasons_;
};

class MessageReader {
 public:
  MessageReader(ColumnReader columns, Instant first)
      : columns_(std::move(columns)), before_(first) {}
  MessageRow next();
  // What the row that was read last could not be decoded for.
  void add_undecoded(Undecoded& to);
  bool failed() const { return columns_.failed(); }

 private:
  ColumnReader columns_;
  Instant before_;
  bool undecoded_ = false;
  std::vector<std::string> reasons_;
};

}  // namespace delever::memory
