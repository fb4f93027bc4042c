#!/bin/sh
# R's fBasics 4021.93: tFit, beside normFit and nigFit in a package for returns, fits the degrees of freedom of a Student distribution
# of scale 1 and nothing else. Returns are a hundredth of that, so the tails come out normal: a sample with four degrees has 4.05 in
# units of its scale and 35,218 as returns of 1 %. nigFit of the same returns finds the same shape in either unit.
# Guessed: near 4 for both, with place and scale beside it.
# Seen: degrees of freedom at 1: 4.05 at 0.01: 35218 ; nigFit alpha x delta at 1: 0.936 at 0.01: 0.936
# Version: r-cran-fbasics 4021.93-1, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-fbasics=4021.93-1 r-base-core=4.2.2.20221110-2 r-cran-timeseries r-cran-timedate r-cran-stabledist \
  r-cran-spatial r-cran-mass libblas3 liblapack3 libgfortran5 libquadmath0 libgomp1 libicu72 libtirpc3 libreadline8 \
  >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(fBasics))
stopifnot(packageVersion('fBasics') == '4021.93')
sample <- qt((1:500 - 0.5) / 500, 4) # Its quantiles: no random numbers.
of <- function(fit, unit) suppressWarnings(fit(sample * unit, trace = FALSE, doplot = FALSE))@fit$estimate
degrees <- sapply(c(1, 0.01), function(unit) of(tFit, unit)[[1]])
steepness <- sapply(c(1, 0.01), function(unit) of(nigFit, unit)[['alpha']] * of(nigFit, unit)[['delta']])
shown <- sprintf('degrees of freedom at 1: %.2f at 0.01: %.0f ; nigFit alpha x delta at 1: %.3f at 0.01: %.3f', degrees[1], degrees[2],
  steepness[1], steepness[2])
cat(shown, '\n')
stopifnot(shown == 'degrees of freedom at 1: 4.05 at 0.01: 35218 ; nigFit alpha x delta at 1: 0.936 at 0.01: 0.936')
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
