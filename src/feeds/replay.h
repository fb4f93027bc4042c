// Replay: tapes to events, in order of receive time. What is known at T is what was received before
// or at T, so a replay with `to` = T delivers nothing younger: no event, and no end of a gap.
//
//   auto replay = TRY(Replay::open({"a.tape", "b.tape"}, {.to = at}));  TRY(replay->run(sink));
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/decoder.h"
#include "codec/handover.h"
#include "market/event.h"
#include "market/instrument.h"
#include "tape/merge.h"

namespace delever::feeds {

class ReplaySink : public EventSink {
 public:
  // A message that gave no events, or not all of them. Counted as well (Replay::counts).
  virtual void on_undecoded(const Source& stream, const codec::RawMessage& message,
                            const Error& why) = 0;
  // A message comes that was received then: what came before has been decoded, it has not.
  virtual void on_received(Instant /*received*/) {}
};

class Replay {
 public:
  struct Options {
    Instant from = Instant::min();  // inclusive; what earlier messages would have told (books,
                                    // contract tables) is lost
    Instant to = Instant::max();    // inclusive
    // Follow the numbering of every book and tell each hole in it as a Gap (GapKind::sequence),
    // just before the message that shows it. Costs what keeping the books costs.
    bool sequences = false;
    bool follow = false;  // tapes that grow: step() says false when there is nothing for now
    // Goes on with what resume() is given: gaps that began before `from` were told already.
    bool resumed = false;
    codec::Asked asked = {};  // decoders may pass over what is of no other instrument
  };
  static Result<std::unique_ptr<Replay>> open(const std::vector<std::string>& paths,
                                              Options options);
  static Result<std::unique_ptr<Replay>> over(std::vector<std::unique_ptr<tape::TapeReader>> tapes,
                                              Options options);
  ~Replay();

  // What decoders and the table of instruments know after the messages read so far; taken before
  // the first message of a replay of these streams (and more) that begins behind them. False: not
  // every decoder can hand over what it knows.
  bool hand_over(codec::Handover& state);

  // Everything, or one message (and the gaps that begin before it): false at the end.
  Result<void> run(ReplaySink& sink);
  Result<bool> step(ReplaySink& sink);
  bool complete() const { return merge_.complete(); }  // after false: nothing will follow

  // The message that step() read last; while it is being decoded, that one.
  struct Message {
    SourceId source = 0;
    Instant received;
  };
  const Message& last() const { return last_; }

  // Event::source and Event::instrument point into these. Instruments grow as messages are read.
  const std::vector<Source>& sources() const { return sources_; }
  const Instruments& instruments() const { return instruments_; }
  const codec::DecodeCounts& counts(SourceId source) const;
  uint64_t messages() const { return messages_; }
  // Messages of the stream that were on the tape before, byte for byte and to the nanosecond, and
  // so gave no events but those that have no id (feeds/repeats.h).
  uint64_t repeated(SourceId source) const;

 private:
  struct Stream;
  struct Books;
  explicit Replay(std::vector<std::unique_ptr<tape::TapeReader>> tapes, Options options);
  void collect_gaps(size_t tape);
  void deliver_gaps(Instant until, ReplaySink& sink);

  Options options_;
  tape::TapeMerge merge_;
  Instruments instruments_;
  std::vector<Source> sources_;
  std::vector<std::unique_ptr<Stream>> streams_;  // by SourceId
  std::unique_ptr<Books> books_;
  std::vector<SourceId> first_source_;  // by tape
  std::vector<size_t> gaps_seen_;       // by tape: damage is met while reading
  std::vector<Event> gaps_;             // to be delivered, the next one last
  Instant latest_ = Instant::min();
  uint64_t messages_ = 0;
  Message last_;
};

}  // namespace delever::feeds
