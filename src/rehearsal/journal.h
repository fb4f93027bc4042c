// The journal of a rehearsal: everything that came from outside, in the order in which it took
// effect, so that the market can be made again from it: lines of text, one record each.
//
//   delever rehearsal 1
//   seed N
//   scenario NAME HEX              the scenario's whole text
//   from NS
//   member VENUE COLLATERAL COIN=AMOUNT ...
//   c SECOND VENUE TAKEN NS HEX    a command, behind so many of that second's arrivals
//   r SECOND VENUE TAKEN NS WHY HEX  one that the exchange refused, and why
//   p SECOND JSON                  a push, before the second
//   h SECOND HASH                  of all exchanges, after so many seconds
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "market/command.h"
#include "rehearsal/push.h"

namespace delever::rehearsal {

struct Member {       // an account of somebody outside
  // The name of its port: binance, binance-spot, bybit, okx, deribit, hyperliquid.
  std::string venue;
  CollateralMode collateral = CollateralMode::single_coin;
  std::vector<std::pair<std::string, Amount>> deposits;  // by name of the coin
};

struct JournalHead {
  uint64_t seed = 1;
  std::string scenario_name, scenario_text;
  Instant from;  // where it begins, which may be another time than its own
  std::vector<Member> members;
};

struct Entered {
  size_t second = 0;
  uint32_t venue = 0, taken = 0;
  Command command;
  Reject refused = Reject::none;  // it changed nothing, and has to do so again
};

class JournalWriter {
 public:
  static Result<JournalWriter> create(const std::string& path, const JournalHead& head);
  void command(const Entered& entered);
  void push(size_t second, const Push& push);
  void hash(size_t seconds, uint64_t hash);
  Result<void> flush();  // what was written since; names the file

 private:
  JournalWriter(FileHandle file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  FileHandle file_;
  std::string path_, waiting_;
};

struct Journal {
  JournalHead head;
  std::vector<Entered> commands;
  std::vector<std::pair<size_t, Push>> pushes;
  std::vector<std::pair<size_t, uint64_t>> hashes;
  bool cut = false;  // the last line is not whole
};
// malformed: the line is named.
Result<Journal> read_journal(const std::string& path);

}  // namespace delever::rehearsal
