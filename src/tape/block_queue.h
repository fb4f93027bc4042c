// What a recorder has taken and the file has not got yet: the block that each stream is filling and
// the blocks that are cut. A state machine over the times it is given: no clock, thread or file.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/time.h"
#include "tape/block.h"

namespace delever::tape {

struct CutBlock {
  StreamNumber stream = 0;
  BlockBuilder messages;
};

class BlockQueue {
 public:
  BlockQueue(Duration cut_after, size_t block_bytes)
      : cut_after_(cut_after), block_bytes_(block_bytes) {}

  void add_stream() { filling_.emplace_back(); }
  // Copies the message into the block that its stream fills, and cuts what is full or due.
  void add(StreamNumber stream, Instant received, std::string_view bytes, Duration now);
  void cut_due(Duration now);  // when the oldest message has waited cut_after
  void cut_all();

  bool empty() const { return cut_.empty(); }
  std::deque<CutBlock> collect();                  // the blocks that are cut, in order
  void give_back(std::deque<CutBlock> stored);  // they are on the tape; their memory is kept
  void drop() { cut_.clear(); }                 // nothing will be stored any more
  size_t bytes() const { return bytes_; }       // cut, and taken but not given back

 private:
  void cut(StreamNumber stream);

  Duration cut_after_;
  size_t block_bytes_;
  std::vector<BlockBuilder> filling_;  // by stream
  std::vector<BlockBuilder> spare_;    // with their memory
  std::deque<CutBlock> cut_;
  size_t bytes_ = 0;
  bool waiting_ = false;  // something is in filling_, since oldest_
  Duration oldest_;
};

}  // namespace delever::tape
