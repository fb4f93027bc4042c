// Recall: a question to tapes answered from their memory. What it emits is not what the tapes
// would, but leaves gauges of any asset in the very state at each of the moments named: no more may
// be asked of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/decoder.h"
#include "market/event.h"
#include "memory/columns.h"
#include "memory/memory_file.h"
#include "memory/minutes.h"

namespace delever::memory {

struct Question {
  std::vector<std::string> tapes;
  Instant to;                    // events received until then, it included
  std::vector<Instant> moments;  // before `to`, at which the gauges will be asked as well
  std::string key;               // of the contents
  // Every event that is kept, not only what leaves gauges alike: trades with numbers that tell
  // those of perpetuals apart that TradesOnce does; signs of life as quotes without sides.
  bool whole = false;
  // Of `whole`: other instruments may be left out, and what is told of different ones within ten
  // minutes comes in any order, received within these ten minutes; liquidations and gaps when they
  // were.
  codec::Asked asked = {};
  bool just_made = false;  // by this process: of which bytes it is need not be looked at
  // Of `asked`: segments that ended by then may be told by their minutes, to minutes_to(), and only
  // their liquidations and gaps as events; plain coins are by these names.
  std::optional<Instant> minutes_until = {};
  CoinNames coins = {};
};

// Where the memory of these tapes is, or would be: beside the first of them.
std::string memory_path(const std::vector<std::string>& tapes);

class Recollection {
 public:
  // An error: there is none, or it is not of these very bytes, or not of this key.
  static Result<std::unique_ptr<Recollection>> open(Question question);

  const Contents& contents() const { return file_.contents(); }
  const Instruments& instruments() const { return instruments_; }
  // Before run(), with minutes_until.
  void minutes_to(MinutesSink& sink) { minutes_ = &sink; }
  Result<void> run(EventSink& sink);  // once
  // After run(): by source, what had been received and decoded by then.
  const std::vector<Counts>& counts() const { return counts_; }
  const Undecoded& undecoded() const { return undecoded_; }

 private:
  Recollection(MemoryReader file, Question question);
  size_t told_by_minutes() const;
  Result<void> check() const;
  Result<void> check_minutes(const Segment& segment, const Instruments& table) const;
  bool by_shelves(size_t segment) const;
  bool is_asked(const Shelf& shelf, const Instruments& table) const;
  bool is_known(const Event& event) const;
  bool asked_inside(const Segment& segment) const;
  Result<ColumnReader> columns(const Piece& piece) const;
  Result<void> tell_condensed(const Segment& segment, EventSink& sink);
  Result<void> tell_all(const Segment& segment, EventSink& sink);
  Result<void> tell_shelves(const Segment& segment, EventSink& sink);
  Result<void> tell_shelf(const Segment& segment, const Piece& piece, uint64_t count,
                          EventSink& sink);
  Result<void> tell_minutes(const Segment& segment, EventSink& sink);
  void add_counts(const Segment& segment);
  Result<void> describe(size_t segment, uint64_t ordinal, Instant until);
  void deliver(Event& event, EventSink& sink);

  MemoryReader file_;
  Question question_;
  Instruments instruments_;
  std::vector<Counts> counts_;
  Undecoded undecoded_;
  size_t described_ = 0;  // in contents().descriptions
  uint64_t numbered_ = 0;
  size_t by_minutes_ = 0;  // of the segments: so many of the first
  MinutesSink* minutes_ = nullptr;
  Error broken_;
};

}  // namespace delever::memory
