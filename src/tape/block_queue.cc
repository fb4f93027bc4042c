#include "tape/block_queue.h"

#include <utility>

namespace delever::tape {

void BlockQueue::add(StreamNumber stream, Instant received, std::string_view bytes, Duration now) {
  CHECK(stream >= 1 && stream <= filling_.size());
  BlockBuilder& block = filling_[stream - 1];
  if (!waiting_) {
    waiting_ = true;
    oldest_ = now;
  }
  block.add(received, bytes);
  if (now - oldest_ >= cut_after_)
    cut_all();
  else if (block.bytes() >= block_bytes_)
    cut(stream);
}

void BlockQueue::cut_due(Duration now) {
  if (waiting_ && now - oldest_ >= cut_after_) cut_all();
}

void BlockQueue::cut_all() {
  for (size_t i = 0; i < filling_.size(); ++i) cut(static_cast<StreamNumber>(i + 1));
  waiting_ = false;
}

void BlockQueue::cut(StreamNumber stream) {
  BlockBuilder& block = filling_[stream - 1];
  if (block.empty()) return;
  bytes_ += block.bytes();
  cut_.push_back({stream, std::move(block)});
  block = BlockBuilder();
  if (spare_.empty()) return;
  block = std::move(spare_.back());
  spare_.pop_back();
}

std::deque<CutBlock> BlockQueue::collect() { return std::exchange(cut_, {}); }

void BlockQueue::give_back(std::deque<CutBlock> stored) {
  constexpr size_t kSpares = 16;
  for (CutBlock& block : stored) {
    bytes_ -= block.messages.bytes();
    if (spare_.size() >= kSpares || block.messages.bytes() > 2 * block_bytes_) continue;
    block.messages.clear();
    spare_.push_back(std::move(block.messages));
  }
}

}  // namespace delever::tape
