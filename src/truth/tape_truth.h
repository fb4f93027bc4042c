// Any tape under changes whose effect on every gauge is known beforehand: the messages in another
// order or twice, from two recorders, the units of the contracts changed, a venue taken away, a
// block damaged in the file. Where recording.h knows the facts and writes the messages, this takes
// messages as they are.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "gauges/reading.h"
#include "gauges/rules.h"
#include "tape/tape.h"
#include "truth/recording.h"

namespace delever::truth {

struct Message {
  size_t stream = 0;  // index into Recorded::streams
  Instant received;
  std::string bytes;
  bool listing = false;  // describes instruments, and nothing else
  bool timed = false;    // every event in it carries the venue's own time
};

// What one recorder wrote.
struct Recorded {
  std::vector<tape::StreamInfo> streams;
  std::vector<Message> messages;  // as they came
  std::vector<tape::TapeGap> gaps;
};

// How quantities are counted, beside what the tape says.
struct Units {
  double contract_size = 1;  // times, with quantities divided by it; linear and inverse contracts
  std::string thousands;     // this coin's linear contracts are of 1000 coins
  // This coin's linear perpetuals of this venue are contracts of 10 USD settled in the coin.
  std::string inverse_coin, inverse_venue;
};

// A tape, and what is asked of it.
struct Case {
  std::string name, asset;
  Instant at;
  std::vector<Recorded> tapes;
  Units units;
  std::set<std::string> sized;  // "venue:symbol" of the contracts whose size the tape tells
  bool damaged = false;         // one block of the first tape, in its file
  uint64_t damage = 0;          // which
};

Result<Recorded> load_tape(const std::string& path, size_t most_messages);
Recorded messages_of(const Recording& recording);
// Asks at a minute after the last message; marks listings and times.
Case make_case(std::string name, std::string asset, Recorded tape);
// The coins that the messages speak of.
std::set<std::string> assets_of(const Recorded& tape, const gauges::Rules& rules);
std::set<std::string> venues_of(const Case& one);

struct ReadTape {
  std::vector<gauges::Reading> readings;
  double rounded = 0;  // the largest relative error that changed units brought in
  std::vector<std::string> damaged_venues;  // of the streams that lost something
  bool lost = false;                        // a gap of kind damage came by, within 24 h of `at`
  std::set<std::string> undecoded;          // messages that gave no events, or not all
};
ReadTape read_case(const Case& one, const gauges::Rules& rules);

struct TapeChange {
  std::string name;
  std::function<bool(const Case&)> applies;  // missing: to every tape
  std::function<void(Case&, Random&)> apply;
  // Missing: every reading stays as it is. Else what is wrong, or "".
  std::function<std::string(const Case& changed, const ReadTape& before, const ReadTape& after)>
      judge;
  bool last = false;  // nothing may follow it in a chain
};
const std::vector<TapeChange>& tape_changes();

// What is wrong after the changes of `chain`, in order; empty: nothing. Changes that do not apply
// to the tape are left out.
std::string check_tape(const Case& one, const ReadTape& before, uint64_t seed,
                       const std::vector<size_t>& chain, const gauges::Rules& rules);

}  // namespace delever::truth
