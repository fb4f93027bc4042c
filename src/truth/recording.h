// A recording that is known from the inside: the facts of one coin at five venues, and how they
// were put on the wire. A transformation changes the way they were written (order, copies, units,
// names), so what must follow for every gauge is known before it is read.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "gauges/reading.h"
#include "gauges/rules.h"

namespace delever::truth {

enum class Fact : uint8_t {
  listing,       // the venue's description of its contract
  funding_info,  // Binance: intervals apart from the listing
  mark,          // mark and index, and what they carry at that venue
  liquidation,
  trade,      // single
  aggregate,  // the same trades, joined
  open_interest,
  zero_interest,  // a row of zero between two large ones
};

// One message. Amounts are in plain coins and dollars; write() turns them into the wire's units.
struct Item {
  std::string venue;
  Fact fact = Fact::mark;
  Instant at, received;
  double price = 0, coins = 0, rate = 0;
  Instant settles_at;
  bool long_side = true;
  int64_t id = 0;
  int recorder = 0;  // a second one makes streams of its own
};

struct Recording {
  std::vector<Item> items;
  std::string asset = "SOL";
  Duration binance_interval = Duration::hours(4);
  double okx_size = 1;         // coins of one contract
  bool thousands = false;      // contracts of 1000 coins at Binance, Bybit and Hyperliquid
  bool coin_margined = false;  // Binance: contracts of 10 USD, settled in the coin
  Instant lost_from, lost_to;  // nothing of this span was recorded, and a gap says so
};

Instant end_of(const Recording& recording);  // when it is read: T
Recording make_recording(uint64_t seed);
std::vector<gauges::Reading> read(const Recording& recording, const gauges::Rules& rules);

// A change of the recording, and what it must do to a reading.
struct Change {
  std::string name;
  std::function<void(Recording&, Random&)> apply;
  // Missing: the reading stays as it is. Otherwise what is wrong with the new one, or "".
  std::function<std::string(const std::vector<gauges::Reading>& before,
                            const gauges::Reading& after)>
      judge;
  bool last = false;  // nothing may follow it in a chain
};
const std::vector<Change>& changes();

// What is wrong after the changes of `chain`, in order; empty: nothing.
std::string check_chain(uint64_t seed, const std::vector<size_t>& chain,
                        const gauges::Rules& rules);
// The shortest part of a failing chain that still fails.
std::vector<size_t> shrink(uint64_t seed, std::vector<size_t> chain, const gauges::Rules& rules);

}  // namespace delever::truth
