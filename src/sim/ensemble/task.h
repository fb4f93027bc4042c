// One run as a line of text, and its result as another: so any thread of any machine may carry it
// out, and a file keep it. The same task gives the same result everywhere.
//
//   task     5   5/without=stops,gamma   5/shock=-0.31   5,1800:77,2400:91/rare=btc_low<88000
//            (seeds, a later one from SECOND:SEED on)
//   result   HASH name=value ...   or, of a rare event, its path: SECOND:SCORE ...
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

struct Task {
  Lineage seeds;
  Switches switches;
  std::optional<double> shock;
  std::string rare;  // text of a climb
};
std::string task_text(const Task& task);
Result<std::string> run_task(const Scenario& scenario, std::string_view task);

struct RunResult {
  uint64_t seed = 0, hash = 0;
  std::map<std::string, double> outcomes;
};
std::optional<RunResult> read_result(std::string_view result);  // the seed is not in it
std::optional<Path> read_path(std::string_view result);

// Whoever carries out tasks: threads here, or ranks elsewhere. `on_result` is called for one result
// at a time, as they come. The first error ends it.
using OnResult = std::function<Result<void>(size_t number, std::string_view result)>;
using Executor =
    std::function<Result<void>(const std::vector<std::string>& tasks, const OnResult& on_result)>;
Executor on_threads(const Scenario& scenario, unsigned threads);  // refers to the scenario

// One line of a runs file: DIGEST TASK RESULT end. A torn line has no end and is run again.
std::string kept_line(uint64_t digest, std::string_view task, std::string_view result);
struct KeptRuns {
  std::map<std::string, std::string, std::less<>> results;  // by task
  size_t others = 0;                                        // whole lines of another digest
  size_t torn = 0;                                          // what no line is
};
KeptRuns read_kept(std::string_view text, uint64_t digest);
// Results that are kept come first; what else is carried out goes to `keep` before it counts.
Executor keeping(Executor executor, std::map<std::string, std::string, std::less<>> results,
                 std::function<Result<void>(std::string_view task, std::string_view result)> keep);

}  // namespace delever::sim
