#include "tape/merge.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace delever::tape {
namespace {

bool later(const TapeMerge::Message& a, const TapeMerge::Message& b) {
  return std::tie(a.message.received, a.tape) > std::tie(b.message.received, b.tape);
}

}  // namespace

TapeMerge::TapeMerge(std::vector<std::unique_ptr<TapeReader>> tapes) : tapes_(std::move(tapes)) {}

const TapeReader& TapeMerge::tape(size_t index) const {
  CHECK(index < tapes_.size());
  return *tapes_[index];
}

Result<void> TapeMerge::advance(size_t tape) {
  const auto message = TRY(tapes_[tape]->next());
  if (!message) {
    if (!tapes_[tape]->complete()) dry_.push_back(tape);
    return {};
  }
  heap_.push_back({tape, *message});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return {};
}

bool TapeMerge::complete() const { return heap_.empty() && dry_.empty() && begun_; }

// Of one tape alone there is nothing to merge.
Result<std::optional<TapeMerge::Message>> TapeMerge::next_of_one() {
  begun_ = true;
  dry_.clear();
  const auto message = TRY(tapes_.front()->next());
  if (message) return std::optional(Message{0, *message});
  if (!tapes_.front()->complete()) dry_.push_back(0);
  return std::optional<Message>();
}

Result<std::optional<TapeMerge::Message>> TapeMerge::next() {
  if (tapes_.size() == 1) return next_of_one();
  if (!begun_) {
    begun_ = true;
    for (size_t i = 0; i < tapes_.size(); ++i) TRY(advance(i));
  }
  // Only now may the tape that was served move on: its last message was the caller's until this
  // call.
  if (served_) TRY(advance(*std::exchange(served_, std::nullopt)));
  for (const size_t tape : std::exchange(dry_, {})) TRY(advance(tape));
  if (heap_.empty()) return std::optional<Message>();
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Message message = heap_.back();
  heap_.pop_back();
  served_ = message.tape;
  return std::optional<Message>(message);
}

}  // namespace delever::tape
