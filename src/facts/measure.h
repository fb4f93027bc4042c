// Facts out of what was observed. The list and its order are always the same; what cannot be
// measured is in it with the reason. One function for recorded and simulated markets.
#pragma once

#include "facts/fact.h"
#include "facts/observe.h"

namespace delever::facts {

FactSet measure(const Observer& observed);

// Parts of the list, in order.
void measure_returns(const Observer& observed, FactSet& out);
void measure_flow(const Observer& observed, FactSet& out);
void measure_liquidity(const Observer& observed, FactSet& out);
void measure_leverage(const Observer& observed, FactSet& out);

// Closes on a grid of `step` and the log returns between neighbours, of the longest stretch without
// a hole.
struct Closes {
  std::string source;
  std::vector<Point> closes;
  std::vector<double> returns;  // one fewer
};
// From the instrument that gives most returns: its candles of that very period, else its orders
// (last price of each step). Empty when there are none.
Closes closes_of(const Observer& observed, Duration step);
std::vector<Point> longest_without_hole(const std::vector<Point>& points, Duration step);

// Open interest in coins over all perpetuals, or a vendor's sum where there is one, once every
// `step`.
struct InterestSeries {
  std::string source;
  std::vector<Point> coins;
};
InterestSeries open_interest_of(const Observer& observed, Duration step);

// A branching ratio of times in seconds, equal ones taken once, of the last 20,000.
Fact hawkes_fact(std::string name, std::vector<double> seconds, const std::string& source,
                 const char* what);

// The perpetual, else the spot pair, with the most orders and quotes; null without any.
const Track* busiest(const Observer& observed);

}  // namespace delever::facts
