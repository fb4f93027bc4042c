// Recorder: several markets listened to at once and written to one tape after another. A new file
// begins with connections of its own, so that each file can be read alone; the old one is closed
// when the new one hears everything, and what both have is counted once by whoever reads both.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "feeds/tape_recording.h"
#include "live/listing.h"
#include "live/market_feed.h"
#include "live/record_plan.h"
#include "net/client.h"
#include "net/loop.h"
#include "tape/tape.h"

namespace delever::live {

// A tape that takes nothing more while too much waits for the disk: the session then names a gap
// instead of memory growing.
class BoundedRecording final : public feeds::Recording {
 public:
  explicit BoundedRecording(tape::TapeWriter& tape) : tape_(tape), recording_(tape) {}
  Result<tape::StreamNumber> stream(const tape::StreamInfo& info) override {
    return recording_.stream(info);
  }
  bool record(tape::StreamNumber stream, Instant received, std::string_view bytes) override;
  void gap(tape::StreamNumber stream, Instant from, Instant to, std::string_view why) override {
    recording_.gap(stream, from, to, why);
  }
  void gap_opens(tape::StreamNumber stream, Instant from, std::string_view why) override {
    recording_.gap_opens(stream, from, why);
  }
  void no_gap(tape::StreamNumber stream) override { recording_.no_gap(stream); }
  const std::optional<Error>& error() const { return recording_.error(); }

 private:
  tape::TapeWriter& tape_;
  feeds::TapeRecording recording_;
  uint32_t since_look_ = 0;
  size_t bytes_since_look_ = 0;
  bool full_ = false;
};

class Recorder {
 public:
  struct Options {
    std::string out;  // as in RecordPlan
    std::optional<Duration> rotate;
    std::vector<MarketWant> markets;        // without patterns and chains
    // The same as they were written. What a venue comes to list of them while we record is heard
    // from then on, beside what was heard; asked each hour, by `expand`.
    std::vector<MarketWant> patterns = {};
    std::function<void(const MarketWant&, Expanded)> expand = {};
    Duration relist_every = Duration::hours(1);
    uint64_t seed = 1;                      // of the jitter of reconnections
    std::optional<Duration> lifetime = {};  // of connections, instead of the venues' own
  };
  struct Counts {
    feeds::SessionCounts sum;  // of all sessions since the start
    std::string file;          // that is being written
    size_t rotations = 0;
  };

  Recorder(net::Loop& loop, net::Client& client, Options options);
  ~Recorder();
  Result<void> start();
  Result<void> rotate();  // after the one that is under way, where there is one
  // Sessions end their gaps and connections, the tape is closed (removed: see unreached());
  // then `done`.
  void stop(std::function<void(Result<void>)> done);

  Counts counts() const;
  std::vector<std::string> take_notes();
  // What makes going on senseless: a disk that takes nothing.
  std::optional<Error> trouble() const;
  // Every market has failed to connect and none ever was: which address, and why.
  std::optional<Error> unreachable() const;
  // The same of a recorder that ends before anything was connected or refused, too. It leaves no
  // new tape.
  std::optional<Error> unreached() const;

 private:
  struct Generation;
  Result<std::unique_ptr<Generation>> begin(const std::string& path);
  void retire();
  Result<void> listen(Generation& to, const MarketWant& want);
  void rotate_later();
  void relist_later();
  void relist(size_t at);
  void adopt(size_t at, Result<MarketWant> listed);
  void finish_stop();

  net::Loop& loop_;
  net::Client& client_;
  Options options_;
  std::unique_ptr<Generation> now_, before_;
  Duration retire_by_, stop_by_;
  feeds::SessionCounts past_;
  size_t rotations_ = 0;
  std::vector<std::string> notes_;
  std::optional<Error> rotation_error_;
  bool again_ = false;  // asked to rotate while a rotation was under way
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::Timer retiring_, rotating_, stopping_, relisting_;
  std::function<void(Result<void>)> stopped_;
};

}  // namespace delever::live
