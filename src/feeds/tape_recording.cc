#include "feeds/tape_recording.h"

namespace delever::feeds {

Result<tape::StreamNumber> TapeRecording::stream(const tape::StreamInfo& info) {
  return tape_.stream(info);
}

bool TapeRecording::record(tape::StreamNumber stream, Instant received, std::string_view bytes) {
  return !error_ && keep(tape_.append(stream, received, bytes));
}

void TapeRecording::gap(tape::StreamNumber stream, Instant from, Instant to,
                        std::string_view reason) {
  if (error_) return;
  (void)keep(tape_.gap({.stream = stream, .from = from, .to = to, .reason = std::string(reason)}));
}

bool TapeRecording::keep(Result<void> done) {
  if (done.has_value()) return true;
  // A message that no tape takes is not the tape's end; it is a message without room.
  if (done.error().fault != Fault::refused) error_ = done.error();
  return false;
}

}  // namespace delever::feeds
