#include "facts/metaorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "statistics/statistics.h"

namespace delever::facts {
namespace {

constexpr size_t kSizes = 4;  // different sizes that an exponent needs
constexpr uint32_t kMetaorderStream = 4000;

double side(const Metaorder& m) { return m.coins > 0 ? 1 : -1; }

std::optional<double> exponent(const std::vector<Metaorder>& orders,
                               const statistics::Positions& at) {
  std::map<double, std::pair<double, double>> by_size;  // sum of impacts, number
  for (const size_t i : at) {
    auto& [sum, count] = by_size[std::abs(orders[i].coins)];
    sum += side(orders[i]) * orders[i].peak;
    count += 1;
  }
  std::vector<double> size, moved;
  for (const auto& [coins, sum] : by_size) {
    size.push_back(coins);
    moved.push_back(sum.first / sum.second);
  }
  return statistics::power_exponent(size, moved, kSizes);
}

std::optional<double> decayed(const std::vector<Metaorder>& orders,
                              const statistics::Positions& at) {
  double peak = 0, after = 0;
  for (const size_t i : at) {
    peak += side(orders[i]) * orders[i].peak;
    after += side(orders[i]) * orders[i].after;
  }
  if (!(peak > 0)) return std::nullopt;
  return 1 - after / peak;
}

}  // namespace

FactSet metaorder_facts(const std::vector<Metaorder>& orders, const std::string& source) {
  FactSet out;
  const auto add = [&](const char* name, const auto& statistic, uint32_t stream) {
    Fact fact{.name = name, .n = orders.size(), .source = source};
    if (orders.empty()) {
      fact.reason = "no metaorders were injected, and a tape does not say whose orders are whose";
    } else {
      const statistics::Estimate found = statistics::block_bootstrap(
          orders.size(), [&](const statistics::Positions& at) { return statistic(orders, at); },
          {.block = 1, .stream = stream});
      fact.value = found.value;
      fact.low = found.low;
      fact.high = found.high;
      if (!found.value)
        fact.reason = "undefined: the price did not follow the orders at four sizes or more";
    }
    out.push_back(std::move(fact));
  };
  add("impact_exponent_metaorder", exponent, kMetaorderStream);
  add("impact_decay_metaorder", decayed, kMetaorderStream + 1);
  return out;
}

}  // namespace delever::facts
