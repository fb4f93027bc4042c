#!/bin/bash
# R's TTR 0.24.3: growth, "the growth of an investment" by prices and signals, is NA for every bar of every series, since the first
# return is missing and all is multiplied by it. With that one left out it compounds LOGARITHMIC returns as if they were plain ones:
# prices that go from 100 to 400 make 2.87 of 1, and from 400 to 100 make 0.09, where what is held is worth 4 and 0.25; one that
# falls by two thirds is below zero, lost to a long without leverage. (type = "discrete" is right; the default is not it.)
# Guessed: 1 2 4 for a long that is held from 100 by 200 to 400, and 1 0.5 0.25 on the way back.
# Seen: as it comes NA NA NA ; without the first 1.69 2.87 ; back 0.31 0.09 ; by two thirds -0.10 ; discrete 2.00 4.00
# Version: r-cran-ttr 0.24.3-1+b1, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-ttr=0.24.3-1+b1 r-base-core=4.2.2.20221110-2 r-cran-{xts,zoo,curl,lattice} libblas3 liblapack3 \
  libgfortran5 libquadmath0 libgomp1 libicu72 libtirpc3 libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(TTR))
stopifnot(packageVersion('TTR') == '0.24.3')
up <- c(100, 200, 400)
show <- function(worth) paste(sprintf('%.2f', worth), collapse = ' ')
long <- function(prices, ...) show(growth(prices, rep(1, length(prices) - 1), na.pad = FALSE, ...))
shown <- sprintf('as it comes %s ; without the first %s ; back %s ; by two thirds %s ; discrete %s', show(growth(up, c(1, 1, 1))), long(up),
  long(rev(up)), long(c(300, 100)), long(up, type = 'discrete'))
cat(shown, '\n')
stopifnot(shown == paste('as it comes NA NA NA ; without the first 1.69 2.87 ; back 0.31 0.09 ; by two thirds -0.10 ;',
  'discrete 2.00 4.00'))
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
