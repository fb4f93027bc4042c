#!/bin/bash
# R's fTrading 3042.79: rocTA, the rate of change, divides by the NEW price. Three doublings are 50 % each and a halving is -100 %: a
# crash of a third reads as half of the market, and one of 60 % as more than all of it. pviTA, which adds the changes up, takes a
# hundredth of them. And wprTA, Williams' %R, which is 0 at the top of the range, is 1 there: it is the stochastic %K of the same package.
# Guessed: 1.00 (or 100) for each doubling and %R of 0 at the top; the PVI, 3 less 0.5, came to light beside them.
# Seen: roc 0.50 0.50 0.50 -1.00 ; pvi 0.005 ; at the top of the range %R 1 and %K 1
# Version: r-cran-ftrading 3042.79-3, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-ftrading=3042.79-3 r-base-core=4.2.2.20221110-2 r-cran-{timedate,timeseries,fbasics,spatial,mass,gss} \
  r-cran-stabledist libblas3 liblapack3 libgfortran5 libquadmath0 libgomp1 libicu72 libtirpc3 libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(fTrading))
stopifnot(packageVersion('fTrading') == '3042.79')
prices <- c(10000, 20000, 40000, 80000, 40000)
roc <- rocTA(prices, lag = 1)[-1]
pvi <- tail(pviTA(prices, 1:5), 1) # The volume grows with each bar, so that each change counts.
top <- c(1:19, 21) # The last close is the high of all bars, and of the window.
low <- top - 0.5
shown <- sprintf('roc %s ; pvi %.3f ; at the top of the range %%R %.0f and %%K %.0f', paste(sprintf('%.2f', roc), collapse = ' '),
  pvi, tail(wprTA(top, top, low, lag = 10), 1), tail(fpkTA(top, top, low, lag = 10), 1))
cat(shown, '\n')
stopifnot(shown == 'roc 0.50 0.50 0.50 -1.00 ; pvi 0.005 ; at the top of the range %R 1 and %K 1')
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
