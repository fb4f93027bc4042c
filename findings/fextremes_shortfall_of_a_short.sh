#!/bin/sh
# R's fExtremes 4021.83: CVaR with tail = "upper" gives the mean of what lies BELOW the quantile. Of ten returns of -10 to 8 a short
# has a VaR of 6 at 20 %, and an expected shortfall beyond it of 0.75, since that is the mean of the eight other days. The
# lower tail is right. And VaR of a matrix throws its columns together: the second of two assets has an NA for a shortfall.
# Guessed: 7.5 above, the mean of 7 and 8, as -7.5 is below; two numbers for two columns.
# Seen: lower -5 -7.5 ; upper 6 0.75 ; two columns: VaR -9.1 shortfall -9.1 NA
# Version: r-cran-fextremes 4021.83-1, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-fextremes=4021.83-1 r-base-core=4.2.2.20221110-2 r-cran-fbasics r-cran-fgarch r-cran-timeseries \
  r-cran-timedate r-cran-cvar r-cran-gbutils r-cran-rdpack r-cran-rbibutils r-cran-spatial r-cran-matrix r-cran-lattice libblas3 \
  liblapack3 libgfortran5 libquadmath0 libgomp1 libicu72 libtirpc3 libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(fExtremes))
stopifnot(packageVersion('fExtremes') == '4021.83')
days <- c(-10, -5, 1:8)
both <- function(tail) c(VaR(days, 0.2, tail = tail), CVaR(days, 0.2, tail = tail))
two <- cbind(BTC = -(1:100) / 100, ETH = -(1:100) / 10)
pooled <- c(VaR(two, 0.05), CVaR(two, 0.05))
cat('lower', both('lower'), '; upper', both('upper'), '; two columns: VaR', pooled[1], 'shortfall', pooled[-1], '\n')
stopifnot(all.equal(unname(both('lower')), c(-5, -7.5)), all.equal(unname(both('upper')), c(6, 0.75)))
stopifnot(length(pooled) == 3, is.na(pooled[3]))
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
