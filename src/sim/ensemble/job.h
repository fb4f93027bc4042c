// One run as a line of text, and what came of it as another: so it may be carried out by any thread
// of any machine, and kept in a file. The same order gives the same reply everywhere.
//
//   order   5   5/without=stops,gamma   5/shock=-0.31   5,1800:77,2400:91/rare=btc_low<88000 seeds,
//   from SECOND on reply   HASH name=value ...         or, of a rare event, its path: SECOND:SCORE
//   ...
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ensemble/climb.h"
#include "sim/simulation.h"

namespace delever::sim {

struct Job {
  Lineage seeds;
  Switches switches;
  std::optional<double> shock;
  std::string rare;  // text of a climb
};
std::string order_of(const Job& job);
Result<std::string> carry_out(const Scenario& scenario, std::string_view order);

struct RunResult {
  uint64_t seed = 0, hash = 0;
  std::map<std::string, double> outcomes;
};
std::optional<RunResult> read_reply(std::string_view reply);  // the seed is not in it
std::optional<Path> read_path(std::string_view reply);

// Whoever carries out orders: threads here, or ranks elsewhere. `replied` is called for one reply
// at a time, as they come. The first error ends it.
using Replied = std::function<Result<void>(size_t number, std::string_view reply)>;
using Carrier =
    std::function<Result<void>(const std::vector<std::string>& orders, const Replied& replied)>;
Carrier on_threads(const Scenario& scenario, unsigned threads);  // refers to the scenario

// One line of a runs file: DIGEST ORDER REPLY end. A torn line has no end and is run again.
std::string kept_line(uint64_t digest, std::string_view order, std::string_view reply);
struct KeptRuns {
  std::map<std::string, std::string, std::less<>> replies;  // by order
  size_t others = 0;                                        // whole lines of another digest
  size_t torn = 0;                                          // what no line is
};
KeptRuns read_kept(std::string_view text, uint64_t digest);
// Replies that are kept come first; what else is carried out goes to `keep` before it counts.
Carrier keeping(Carrier carrier, std::map<std::string, std::string, std::less<>> replies,
                std::function<Result<void>(std::string_view order, std::string_view reply)> keep);

}  // namespace delever::sim
