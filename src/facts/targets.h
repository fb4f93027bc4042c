// What each fact should be, who says so, and whether the simulated market was calibrated on it:
// rules/facts-*.toml, read strictly. And the judgement: each fact of the recorded and of the
// simulated market against its target.
#pragma once

#include <string_view>

#include "base/result.h"
#include "facts/fact.h"

namespace delever::facts {

struct Target {
  std::string name;
  std::optional<double> value;      // one published number
  std::optional<double> low, high;  // a stated range
  std::string source;               // of either
  std::optional<double> real_low,
      real_high;  // 95 % band of this program on recordings named by real_source
  std::string real_source;
  bool held_out = true;  // false: the scenario was calibrated on it, so that a pass proves nothing
};

struct Targets {
  std::string file;
  std::vector<Target> all;
  // A name that is no fact of ours, one given twice, or half a range is an error with its line.
  static Result<Targets> parse(std::string_view toml, std::string_view file);
};

// Every name that a report can have, in order.
std::vector<std::string> fact_names();

enum class Judged { pass, fail, not_measurable, not_judged };
std::string_view judged_name(Judged judged);

struct Row {
  Fact real, simulated;  // name and reason are set even where nothing was measured
  std::optional<Target> target;
  Judged real_judged = Judged::not_measurable, simulated_judged = Judged::not_measurable;
  std::string simulated_by;  // "range", "recorded band", "target in own interval"
};

struct Report {
  std::vector<Row> rows;  // in the order of fact_names()
  size_t held_out_pass = 0, held_out_fail = 0,
         held_out_not_measurable = 0;  // of the simulated market, with a target
  bool has_real = false, has_simulated = false;
  // "illustrative: 3 of 20 held-out facts fail"; empty without a simulated market.
  std::string label() const;
};

// A recorded fact passes when it lies in the stated range, or when its 95 % band holds the
// published number. A simulated one passes when it lies in the stated range or in the recorded band
// (of the recording at hand, else the band that the rules carry); where there is neither, when its
// own interval holds the published number. Without range, band or interval nothing is judged: one
// episode says nothing about another's number. An empty set is a market that was not given.
Report judge(const Targets& targets, const FactSet& real, const FactSet& simulated);

}  // namespace delever::facts
