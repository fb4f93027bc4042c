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
  Result<tape::StreamNumber> stream(const tape::StreamInfo& info) override;
  bool record(tape::StreamNumber stream, Instant received, std::string_view bytes) override;
  void gap(tape::StreamNumber stream, Instant from, Instant to, std::string_view reason) override;
  void gap_opens(tape::StreamNumber stream, Instant from, std::string_view reason) override;
  void no_gap(tape::StreamNumber stream) override;
  const std::optional<Error>& error() const { return error_; }

 private:
  bool keep(Result<void> done);
  tape::TapeWriter& tape_;
  std::optional<Error> error_;
};

}  // namespace delever::feeds
