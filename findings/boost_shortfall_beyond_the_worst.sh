#!/bin/bash
# Boost 1.74, Accumulators: coherent_tail_mean<left>, its expected shortfall, adds a share of the quantile too much: a bracket is missing
# in its formula, so that the correction for a fraction of an observation is made with the whole probability. Of 100 days of which
# ten lose 5 and none more, the mean loss of the worst five is 5.05, more than the worst loss; of days of 1 to 100 it is 3.05 and
# not 3. On the right side, given losses as positive numbers, 0.95 of 100 takes six days for five: a quantile of 95 and not 96.
# Guessed: -5.00 and 3.00; and by that 96 with a shortfall of 98 on the right.
# Seen: worst -5: shortfall -5.05 ; 1 to 100: left 3.05, right quantile 95 shortfall 97.34
# Version: libboost1.74-dev 1.74.0+ds1-21 of Debian 12, with the C++ compiler at hand
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq libboost1.74-dev=1.74.0+ds1-21 >/dev/null 2>&1; dpkg -x libboost*.deb root
cat > t.cc <<'END'
#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics.hpp>
#include <cstdio>
#include <cstring>
#include <vector>
using namespace boost::accumulators;
template <class Side> auto read(const std::vector<double>& outcomes) {
  accumulator_set<double, stats<tag::tail_quantile<Side>, tag::coherent_tail_mean<Side>>> set(tag::tail<Side>::cache_size = 100);
  for (double outcome : outcomes) set(outcome);
  return set;
}
int main() {
  std::vector<double> capped(90, 1.0), days;
  for (int day = 1; day <= 100; ++day) {
    days.push_back(day);
    if (day <= 10) capped.push_back(-5.0);
  }
  auto worst = read<left>(capped), low = read<left>(days);
  auto high = read<right>(days);
  char shown[200];
  std::snprintf(shown, sizeof shown, "worst -5: shortfall %.2f ; 1 to 100: left %.2f, right quantile %.0f shortfall %.2f",
    coherent_tail_mean(worst, quantile_probability = 0.05), coherent_tail_mean(low, quantile_probability = 0.05),
    quantile(high, quantile_probability = 0.95), coherent_tail_mean(high, quantile_probability = 0.95));
  std::puts(shown);
  return std::strcmp(shown, "worst -5: shortfall -5.05 ; 1 to 100: left 3.05, right quantile 95 shortfall 97.34") != 0;
}
END
"${CXX:-c++}" -std=c++17 -w -isystem root/usr/include t.cc -o t
./t
