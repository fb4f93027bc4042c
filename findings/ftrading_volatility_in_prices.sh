#!/bin/sh
# R's fTrading 3042.79: garmanklassTA takes the logarithms of the four prices, then reckons with the prices themselves; only the gap
# between bars is in logarithms. Its "volatility" is in dollars, where the method has a share of the price: bars alike in shape
# have 0.0222 at 1 USD, 2.22 at 100 and 1,820 at 82,000, and no two contracts compare.
# Guessed: about 0.021 for each, by the formula of Garman and Klass; all bars open and close at one price, rise by 2 %, fall by 1 %.
# Seen: at 1: 0.0222 at 100: 2.2195 at 82000: 1819.964 ; formula 0.0211 each time
# Version: r-cran-ftrading 3042.79-3, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-ftrading=3042.79-3 r-base-core=4.2.2.20221110-2 r-cran-fbasics r-cran-timeseries r-cran-timedate \
  r-cran-stabledist r-cran-spatial r-cran-mass libblas3 liblapack3 libgfortran5 libquadmath0 libgomp1 libicu72 libtirpc3 \
  libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(fTrading))
stopifnot(packageVersion('fTrading') == '3042.79')
open <- rep(1, 3); high <- rep(1.02, 3); low <- rep(0.99, 3); close <- rep(1, 3)
at <- function(price) round(garmanklassTA(open * price, high * price, low * price, close * price)[3], 4)
formula <- sqrt(0.5 * log(high / low)^2 - (2 * log(2) - 1) * log(close / open)^2)[3]
seen <- c(at(1), at(100), at(82000))
cat('at 1:', seen[1], 'at 100:', seen[2], 'at 82000:', seen[3], '; formula', round(formula, 4), 'each time\n')
stopifnot(seen == c(0.0222, 2.2195, 1819.964), round(formula, 4) == 0.0211)
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
