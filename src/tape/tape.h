// Tape: a recording, one SQLite file. Raw bytes as they came, in compressed checksummed blocks with
// our receive time for each message, the streams with what is needed to decode them, and the gaps.
// Events are decoded on reading (feeds/replay.h), so a mended decoder re-reads the past. The format
// is described in docs/tape-format.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

namespace delever::tape {

using StreamNumber = uint32_t;  // within one tape, from 1

struct StreamInfo {
  std::string name;     // unique within the tape: "binance:btcusdt@depth"
  std::string venue;    // whose data it is; the independence of sources is judged by it
  std::string channel;  // "forceOrder", "/fapi/v1/depth", "liquidations_daily"
  std::string decoder;  // name for make_decoder
  std::map<std::string, std::string, std::less<>> settings;
};

struct TapeGap {
  StreamNumber stream = 0;
  Instant from, to;
  std::string reason;
  bool damage = false;  // not recorded: met on reading, of what had been on the tape
  // It has not ended: the writer goes on, or died in it. Written without an end; read as lasting to
  // the last thing that the tape knows of.
  bool open = false;
  int64_t id = 0;  // of its row, on reading
};

// Appends. What was appended is safe from kill -9 and from a power cut at the latest `flush_after`
// later, counted on the clock that was given. An error of the disk stays: every later call returns
// it, and the tape says that it was not closed.
class TapeWriter {
 public:
  struct Options {
    Duration flush_after = Duration::seconds(1);
    size_t block_bytes = 256 * 1024;
    int compression = 1;
    std::string vfs = {};  // the SQLite VFS that does the disk's work; empty: SQLite's own
    // All or nothing: a new tape is written beside and has its name once close() has succeeded; to
    // one that is there everything is added in one commit, by close(). A writer that is destroyed
    // without close() leaves what was there before.
    bool whole = false;
    bool replace = false;  // a tape that is there is not added to but replaced
  };
  // With a thread of its own, which compresses and commits.
  static Result<std::unique_ptr<TapeWriter>> open(const std::string& path, Clock& clock,
                                                  Options options);
  static Result<std::unique_ptr<TapeWriter>> open(const std::string& path, Clock& clock);
  // Without: it moves when its owner calls step(), at least every flush_after / 4.
  static Result<std::unique_ptr<TapeWriter>> open_stepped(const std::string& path, Clock& clock,
                                                          Options options);

  virtual ~TapeWriter() = default;
  virtual Result<StreamNumber> stream(
      const StreamInfo& info) = 0;  // finds the stream of that name, or adds it
  virtual Result<void> append(StreamNumber stream, Instant received, std::string_view bytes) = 0;
  // The same in one call for many: whoever has them at hand pays for lock and clock once.
  struct Arrival {
    StreamNumber stream = 0;
    Instant received;
    std::string_view bytes;
  };
  virtual Result<void> append_all(std::span<const Arrival> arrivals);
  // One that is open stands for all that its stream misses from there on, so that a writer that
  // dies leaves it. It is replaced by the next open one of its stream, or by the closed one that
  // begins at the same time; no_gap() takes it back.
  virtual Result<void> gap(const TapeGap& gap) = 0;
  virtual Result<void> no_gap(StreamNumber stream) = 0;
  // Does what is due at `now` (Clock::elapsed) and says how many pieces of work that was. A writer
  // with a thread has none left to do.
  virtual Result<size_t> step(Duration now) = 0;
  virtual size_t waiting_bytes() const = 0;  // appended, not yet given to the disk; about
  virtual Result<void> flush() = 0;
  // What was put on the tape before, by a key of the caller's: how many messages that were.
  virtual Result<std::optional<int64_t>> remembered(const std::string&) {
    return std::optional<int64_t>();  // a writer that keeps none
  }
  // Whether there is a key of this form ("?" is any character).
  virtual Result<bool> remembers_any(const std::string&) { return false; }
  virtual Result<void> remember(const std::string&, int64_t) { return {}; }
  virtual Result<void> close() = 0;  // flush, and say how many messages and bytes in the file
};

struct TapeMessage {
  StreamNumber stream = 0;
  Instant received;
  std::string_view bytes;  // valid until the next call of next(); at least 64 readable bytes follow
  int64_t run =
      0;  // of its stream: a new one began where the times fell back, as in a second import
};

// Reads every message of a tape in order of receive time (ties: stream number, then order of
// arrival), in constant memory. A damaged block is skipped and reported as a gap of its stream; the
// rest is served.
class TapeReader {
 public:
  struct Options {
    Instant from = Instant::min();  // inclusive
    Instant to = Instant::max();    // exclusive
    // A writer may still add to the tape: next() says nullopt when there is nothing more for now,
    // and may be called again. What is served lags two seconds behind the newest block, so that
    // no stream's block comes too late.
    bool follow = false;
  };
  static Result<std::unique_ptr<TapeReader>> open(const std::string& path, Options options);
  static Result<std::unique_ptr<TapeReader>> open(const std::string& path);

  virtual ~TapeReader() = default;
  virtual const std::vector<StreamInfo>& streams() const = 0;  // streams()[n - 1] is stream n
  virtual const std::vector<TapeGap>& gaps() const = 0;   // recorded ones, and damage met so far
  virtual Result<std::optional<TapeMessage>> next() = 0;  // nullopt at the end
  // After nullopt: whether it was the end. False only where a tape is followed and not closed.
  virtual bool complete() const { return true; }
};

}  // namespace delever::tape
