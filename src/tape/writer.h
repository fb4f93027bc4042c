// What the two writers of tapes share: the one that is stepped (writer.cc) and the one with a
// thread of its own (writer_thread.cc).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/partial_file.h"

#include "tape/block_queue.h"
#include "tape/block_store.h"
#include "tape/tape.h"
#include "tape/writer_lock.h"

namespace delever::tape {

// Bytes that wait to be compressed; beyond it append() stores (stepped) or waits (threaded).
inline constexpr size_t kQueueBytes = size_t{32} << 20;

// Where a writer writes: at the tape's own name or, for a new one that is to be whole, beside it. A
// new one that grows is made beside, too, and named before anything is written to it. Holds the
// lock of the tape meanwhile.
class TapePlace {
 public:
  Result<std::string> begin(const std::string& path, const TapeWriter::Options& options);
  Result<void> opened(const std::string& path) { return lock_.acquire_inode(path); }
  Result<void> finish();  // the store is closed
  void discard();

 private:
  Result<void> name_it();
  WriterLock lock_;
  std::optional<PartialFile> partial_;  // until it has the tape's name
};

Result<void> check_options(const TapeWriter::Options& options, const std::string& path);
Result<void> check_message(std::string_view bytes, const StreamInfo& stream,
                           const std::string& path);
Result<void> open_store(BlockStore& store, const std::string& path, Duration now);
// Whether a writer may go on: not after a disk has failed it, nor once it is closed.
Result<void> may_write(const std::optional<Error>& failed, bool closed, const std::string& path);
// The end of a store: closed where all that came before is on it and named where it is to be, else
// abandoned as it is.
Result<void> end_store(BlockStore& store, TapePlace& place, Result<void> before);

}  // namespace delever::tape
