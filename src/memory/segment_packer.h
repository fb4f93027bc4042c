// SegmentPacker: what segments leave, on its way into a memory. A thread of its own packs their
// columns and writes them, one segment after another in the order given, so that whoever reads the
// tapes goes on meanwhile. The bytes are those of one thread.
#pragma once

#include <optional>
#include <thread>
#include <vector>

#include "base/relay.h"
#include "base/result.h"
#include "memory/columns.h"
#include "memory/condense.h"
#include "memory/memory_file.h"
#include "memory/minutes.h"

namespace delever::memory {

// A segment that is over, and what its pieces will hold.
struct SegmentColumns {
  Segment segment;
  std::vector<KeptEvent> condensed;
  ColumnWriter order, messages;
  struct OfShelf {
    ColumnWriter events;
    MinuteChanges minutes;
  };
  std::vector<OfShelf> shelves;  // as segment.shelves has them
};

class SegmentPacker {
 public:
  explicit SegmentPacker(MemoryWriter writer);
  ~SegmentPacker();  // what waits is dropped

  // Waits while another one does, so that no more than two are kept. False: one could not be
  // written, and finish() says why.
  bool add(SegmentColumns segment);
  // Once, when the last one was added: with all of it on file.
  struct Packed {
    MemoryWriter writer;
    std::vector<Segment> segments;
  };
  Result<Packed> finish();

 private:
  void work();
  Result<void> pack(SegmentColumns& from);

  Packed packed_;               // the thread's, as long as it runs
  std::optional<Error> fault_;  // as well
  Relay<SegmentColumns> waiting_{1};
  std::jthread worker_;
};

}  // namespace delever::memory
