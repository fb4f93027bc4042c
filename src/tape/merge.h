// Several tapes as one: their messages in order of receive time; at equal times, in the order the
// tapes were given.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "tape/tape.h"

namespace delever::tape {

class TapeMerge {
 public:
  struct Message {
    size_t tape = 0;  // index into the tapes given
    TapeMessage message;
  };

  explicit TapeMerge(std::vector<std::unique_ptr<TapeReader>> tapes);
  size_t tapes() const { return tapes_.size(); }
  const TapeReader& tape(size_t index) const;  // its streams, and its gaps met so far
  // nullopt at the end of all, or of what followed tapes have for now. Bytes are valid until the
  // next call, as with TapeReader.
  Result<std::optional<Message>> next();
  bool complete() const;  // after nullopt: whether it was the end

 private:
  Result<void> advance(size_t tape);
  Result<std::optional<Message>> next_of_one();

  std::vector<std::unique_ptr<TapeReader>> tapes_;
  std::vector<Message> heap_;  // the next message of each tape
  std::optional<size_t>
      served_;  // the tape whose message is with the caller; none before the first
  bool begun_ = false;
  std::vector<size_t> dry_;  // followed tapes that had nothing when they were last asked
};

}  // namespace delever::tape
