// TapeRecording: a session's records on a tape. A tape that failed stays failed: error() says how,
// and whoever runs the session ends it.
#pragma once

#include <optional>
#include <string>

#include "feeds/session.h"
#include "tape/tape.h"

namespace delever::feeds {

class TapeRecording final : public Recording {
 public:
  explicit TapeRecording(tape::TapeWriter& tape) : tape_(tape) {}
  Result<tape::StreamNumber> stream(const tape::StreamInfo& info) override {
    return tape_.stream(info);
  }
  bool record(tape::StreamNumber stream, Instant received, std::string_view bytes) override {
    if (error_) return false;
    return keep(tape_.append(stream, received, bytes));
  }
  void gap(tape::StreamNumber stream, Instant from, Instant to, std::string_view reason) override {
    if (!error_)
      (void)keep(
          tape_.gap({.stream = stream, .from = from, .to = to, .reason = std::string(reason)}));
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool keep(Result<void> done) {
    if (done.has_value()) return true;
    // A message that no tape takes is not the tape's end; it is a message without room.
    if (done.error().fault != Fault::refused) error_ = done.error();
    return false;
  }
  tape::TapeWriter& tape_;
  std::optional<Error> error_;
};

}  // namespace delever::feeds
