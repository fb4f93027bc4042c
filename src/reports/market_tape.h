// A simulated market on a tape that others read while it is written: what a rehearsal records. The
// streams and messages are those of `delever simulate`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "sim/simulation.h"
#include "tape/tape.h"

namespace delever::reports {

// How a stream of a simulated venue stands on a tape.
tape::StreamInfo simulated_stream(const sim::Simulation::StreamNames& names);

// A disk that fails, or a tape as large as it may be, ends the recording and not the market.
class MarketTape final : public sim::Output {
 public:
  struct Options {
    std::string path;         // a tape that is there is not added to
    uint64_t most_bytes = 0;  // of the file; 0: as many as come
    bool replace = false;     // a tape that is there
  };
  // Its streams are on the tape from the beginning: whoever follows it asks for them once.
  static Result<std::unique_ptr<MarketTape>> open(Options options, const sim::Scenario& scenario,
                                                  Clock& clock);

  Result<void> on_lines(size_t stream, Instant received, std::string_view lines) override;
  Result<void> on_positions(std::string_view) override { return {}; }
  Result<void> on_accounts(std::string_view) override { return {}; }

  const std::string& path() const { return options_.path; }
  uint64_t bytes() const;                                     // of the file, by now
  const std::optional<Error>& ended() const { return why_; }  // why nothing more is recorded
  // What was appended is on the disk and the tape says that it is whole. Once; then nothing more.
  Result<void> close();

 private:
  explicit MarketTape(Options options) : options_(std::move(options)) {}
  void end(Error why);
  Result<void> put(size_t stream, Instant received, std::string_view lines);

  Options options_;
  std::unique_ptr<tape::TapeWriter> writer_;  // null: ended
  std::vector<tape::StreamNumber> streams_;
  std::optional<Error> why_;
  Instant looked_ = Instant::min();  // at the size, in the market's time
};

}  // namespace delever::reports
