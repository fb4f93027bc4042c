// A stylised fact: one number about a market, with its interval, how much it rests on, and whose
// data it is; or the reason why it cannot be had. docs/models/facts.md defines each name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "statistics/bootstrap.h"

namespace delever::facts {

struct Fact {
  std::string name;  // "tail_index_k50_1d"
  std::string unit;  // "", "per_sqrt_year", "bp", "usd", "s"
  std::optional<double> value;
  std::optional<double> low, high;  // 95 %; missing where one episode gives one number
  size_t n = 0;                     // observations it rests on; of an ensemble, runs
  std::string reason;               // why there is no value; empty when there is one
  std::string source;               // "binance BTC-USDT", empty when nothing was found
};
using FactSet = std::vector<Fact>;

// Several runs of one scenario: the mean of each fact over the runs that have it, with a normal 95
// % interval of that mean. One run is returned as it is.
FactSet combined(const std::vector<FactSet>& runs);

}  // namespace delever::facts
