// What is done to a rehearsal from outside: a fall, makers that leave, a collateral that loses its
// peg, a venue that halts, streams that lag or break. The first four change the market and are part
// of its replay; the last two are between a gateway and its clients.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "gateways/json_tree.h"

namespace delever::rehearsal {

struct Push {
  enum class Kind : uint8_t { drop, withdraw, depeg, halt, delay, disconnect };
  Kind kind = Kind::drop;
  std::string asset;     // drop, depeg
  std::string venue;     // halt, delay, disconnect
  double percent = 0;    // drop, depeg: down (negative: up); withdraw: of the depth, gone
  int64_t seconds = 60;  // drop, depeg: until it is there; withdraw, halt, delay: until it ends
  int64_t ms = 0;        // delay
  bool of_market() const { return kind < Kind::delay; }
};

std::string_view push_name(Push::Kind kind);
// {"push":"drop","asset":"BTC","percent":5,"seconds":120}. What is not given is the default of its
// kind; usage: what is wrong with it.
Result<Push> read_push(const gateways::JsonTree& json);
std::string push_json(const Push& push);

}  // namespace delever::rehearsal
