// DecodeAhead: the messages of a replay, decoded on a thread of its own and taken in their order,
// some hundreds at a time. With each comes what one thread would have found at that moment: its
// events, what was not decoded, what was counted, and the instruments as each event found them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/relay.h"
#include "feeds/replay.h"
#include "memory/memory_file.h"

namespace delever::memory {

bool same(const Instrument& a, const Instrument& b);
// After so many messages, and at the end, descriptions are compared that no event told of.
inline constexpr uint64_t kLookEvery = 1 << 16;

// A message, and how many of what its batch holds are its own.
struct DecodedMessage {
  SourceId source = 0;
  Instant received;
  bool is_message = true;  // false: gaps behind the last message, and nothing else
  Counts counts;           // of the source by then (Replay::counts)
  size_t gaps = 0;         // events that come before it
  size_t events = 0, undecoded = 0, described = 0;
};

// An instrument that is new or that is another from now on.
struct DescribedNow {
  size_t before = 0;  // this event of the batch, or behind the last one of its message
  InstrumentId id{};
  Instrument instrument;
};

struct DecodedBatch {
  std::vector<DecodedMessage> messages;
  // Books without their levels, everything else whole. Only the first `used` are of this batch.
  std::vector<Event> events;
  size_t used = 0;
  std::vector<std::string> undecoded;  // why
  std::vector<DescribedNow> described;
  // Replay::hand_over() before the first gap or message that was received after the time asked
  // for, which is of this batch.
  std::optional<std::string> handed;
  std::optional<Error> error;  // behind all of it; nothing follows
};

class DecodeAhead {
 public:
  // `replay` is the thread's until this is gone. `hand_over_after`: see DecodedBatch::handed.
  DecodeAhead(feeds::Replay& replay, Instant hand_over_after);
  ~DecodeAhead();  // what is ahead is dropped

  // The next ones; nothing at the end, or behind an error.
  std::optional<DecodedBatch> take() { return ready_.take(); }
  // Its memory is used again.
  void give_back(DecodedBatch batch);

 private:
  class Sink;
  void work();

  feeds::Replay& replay_;
  const Instant hand_over_after_;
  Relay<DecodedBatch> ready_;
  Relay<DecodedBatch> spares_;
  std::jthread worker_;
};

}  // namespace delever::memory
