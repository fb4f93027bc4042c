#include "facts/fact.h"

#include <fmt/format.h>

#include <cmath>

#include "base/check.h"
#include "statistics/statistics.h"

namespace delever::facts {

FactSet combined(const std::vector<FactSet>& runs) {
  if (runs.empty()) return {};
  if (runs.size() == 1) return runs.front();
  FactSet out;
  for (size_t i = 0; i < runs[0].size(); ++i) {
    Fact fact{.name = runs[0][i].name, .unit = runs[0][i].unit};
    std::vector<double> values;
    for (const FactSet& run : runs) {
      CHECK(run.size() == runs[0].size() && run[i].name == fact.name);
      if (run[i].value) {
        values.push_back(*run[i].value);
        fact.source = run[i].source;
      } else {
        fact.reason = run[i].reason;
      }
    }
    fact.n = values.size();
    fact.value = statistics::mean(values);
    if (const auto sd = statistics::deviation(values)) {
      const double reach = 1.959964 * *sd / std::sqrt(static_cast<double>(values.size()));
      fact.low = *fact.value - reach;
      fact.high = *fact.value + reach;
    }
    if (fact.value) fact.reason.clear();
    out.push_back(std::move(fact));
  }
  return out;
}

}  // namespace delever::facts
