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

void TapeRecording::gap_opens(tape::StreamNumber stream, Instant from, std::string_view reason) {
  if (error_) return;
  (void)keep(tape_.gap({.stream = stream,
                        .from = from,
                        .to = Instant::max(),
                        .reason = std::string(reason),
                        .open = true}));
}

void TapeRecording::no_gap(tape::StreamNumber stream) {
  if (!error_) (void)keep(tape_.no_gap(stream));
}

bool TapeRecording::keep(Result<void> done) {
  if (done.has_value()) return true;
  // A message that no tape takes is not the tape's end; it is a message without room.
  if (done.error().fault != Fault::refused) error_ = done.error();
  return false;
}

}  // namespace delever::feeds
