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
};

// Appends. What was appended is safe from kill -9 at the latest `flush_after` later, counted on the
// clock at appends.
class TapeWriter {
 public:
  struct Options {
    Duration flush_after = Duration::seconds(1);
    size_t block_bytes = 256 * 1024;
    int compression = 1;
  };
  static Result<std::unique_ptr<TapeWriter>> open(const std::string& path, Clock& clock,
                                                  Options options);
  static Result<std::unique_ptr<TapeWriter>> open(const std::string& path, Clock& clock);

  virtual ~TapeWriter() = default;
  virtual Result<StreamNumber> stream(
      const StreamInfo& info) = 0;  // finds the stream of that name, or adds it
  virtual Result<void> append(StreamNumber stream, Instant received, std::string_view bytes) = 0;
  virtual Result<void> gap(const TapeGap& gap) = 0;
  virtual Result<void> flush() = 0;
  virtual Result<void> close() = 0;  // flush, and say how many messages and bytes in the file
};

struct TapeMessage {
  StreamNumber stream = 0;
  Instant received;
  std::string_view bytes;  // valid until the next call of next(); at least 64 readable bytes follow
};

// Reads every message of a tape in order of receive time (ties: stream number, then order of
// arrival), in constant memory. A damaged block is skipped and reported as a gap of its stream; the
// rest is served.
class TapeReader {
 public:
  struct Options {
    Instant from = Instant::min();  // inclusive
    Instant to = Instant::max();    // exclusive
  };
  static Result<std::unique_ptr<TapeReader>> open(const std::string& path, Options options);
  static Result<std::unique_ptr<TapeReader>> open(const std::string& path);

  virtual ~TapeReader() = default;
  virtual const std::vector<StreamInfo>& streams() const = 0;  // streams()[n - 1] is stream n
  virtual const std::vector<TapeGap>& gaps() const = 0;   // recorded ones, and damage met so far
  virtual Result<std::optional<TapeMessage>> next() = 0;  // nullopt at the end
};

}  // namespace delever::tape
