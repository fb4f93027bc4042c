#!/bin/sh
# R's RcppRoll 0.3.0: with weights, roll_sd and roll_var multiply each value by its weight and take the deviation of the products, so that
# it depends on the level. Prices that rise by 1 have a deviation of 1.77 near 1 and of 57,985 near 82,000 with weights of 1 and 3;
# without weights it is 0.71 for both. A volatility that weighs the newest bars more is mostly the price.
# Guessed: one value at every level (roll_var, after roll_sd's growth from 1.77 to 3.18 over three bars had been seen).
# Seen: prices of 1 and 2: 1.77, of 82001 and 82002: 57984.52 ; without weights 0.71 0.71
# Version: r-cran-rcpproll 0.3.0-2, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-rcpproll=0.3.0-2 r-base-core=4.2.2.20221110-2 r-cran-rcpp libblas3 liblapack3 libgfortran5 \
  libquadmath0 libgomp1 libicu72 libtirpc3 libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(RcppRoll))
stopifnot(packageVersion('RcppRoll') == '0.3.0')
of <- function(prices, ...) sprintf('%.2f', sqrt(roll_var(prices, n = 2, ...)))
shown <- paste0('prices of 1 and 2: ', of(c(1, 2), weights = c(1, 3)), ', of 82001 and 82002: ',
  of(c(82001, 82002), weights = c(1, 3)), ' ; without weights ', of(c(1, 2)), ' ', of(c(82001, 82002)))
cat(shown, '\n')
stopifnot(shown == 'prices of 1 and 2: 1.77, of 82001 and 82002: 57984.52 ; without weights 0.71 0.71')
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
