#!/bin/bash
# Miller 6.6.0 takes moments from sums of powers of the values as they are. Three prices a cent apart, 82000.01 to .03, have a skewness
# of 168,732 (it is 0) and a kurtosis of -8,744,045,134,506, where -2 is the least there can be; of three a tenth apart at 82
# million the variance is 0. A line of a dollar a minute against times in milliseconds is fitted as 73,963 where the price is 82,000,
# 8,000 off at each of its points. (stats1 of the differences from the first value is right.)
# Guessed: moments as by hand, here a skewness of 0 and a variance of 0.01, and a perfect line.
# Seen: skewness 168732 kurtosis -8744045134506 ; variance at 82 million 0.00 ; fit 73963 ; from the first price on: skewness 0
# Version: miller 6.6.0-2+b3 of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq miller=6.6.0-2+b3 >/dev/null 2>&1; dpkg -x miller_*.deb root
moment() { printf '%s\n' price "${@:2}" | root/usr/bin/mlr --icsv --onidx --ofmt "$format" stats1 -a "$1" -f price; }
format=%.0f
skewness=$(moment skewness 82000.01 82000.02 82000.03); kurtosis=$(moment kurtosis 82000.01 82000.02 82000.03)
close=$(moment skewness 0 0.01 0.02)
format=%.2f; variance=$(moment var 82000000.1 82000000.2 82000000.3)
for minute in 0 1 2 3 4 5; do echo "$((1769720000000 + minute * 60000)),$((82000 + minute))"; done > line.csv
fit=$(root/usr/bin/mlr --icsv --implicit-csv-header --onidx --ofmt %.0f stats2 --fit -a linreg-ols -f 1,2 then head -n 1 \
  then cut -f 1_2_ols_fit line.csv)
shown="skewness $skewness kurtosis $kurtosis ; variance at 82 million $variance ; fit $fit ; from the first price on: skewness ${close#-}"
echo "$shown"
[ "$shown" = "skewness 168732 kurtosis -8744045134506 ; variance at 82 million 0.00 ; fit 73963 ; from the first price on: skewness 0" ]
