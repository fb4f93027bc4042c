#!/bin/sh
# R's evd 2.3-6.1: fpot, the tail beyond a threshold, ends its search where it began when the losses are small numbers. A sample of a
# generalized Pareto tail with shape 0.25 gets 0.25 in per cent (1e-2), and 0.00, a tail as thin as an exponential's, at 1e-4,
# the size of a minute's returns; it reports success. The loss of one in 10,000 that qgpd makes of it is 0, where 36 scales are right.
# Guessed: 0.25 for each unit, and the scale beside it.
# Seen: shape at 1: 0.25 1e-2: 0.24 1e-4: 0.00 ; 1e-4: successful, loss of one in 10,000: 0.0 scales, true 36.0
# Version: r-cran-evd 2.3-6.1-1, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-evd=2.3-6.1-1 r-base-core=4.2.2.20221110-2 libblas3 liblapack3 libgfortran5 libquadmath0 libgomp1 libicu72 \
  libtirpc3 libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(evd))
stopifnot(packageVersion('evd') == '2.3.6.1')
losses <- qgpd((1:500 - 0.5) / 500, 0, 1, 0.25) # Its quantiles: no random numbers.
fits <- lapply(c(1, 1e-2, 1e-4), function(unit) suppressWarnings(fpot(losses * unit, 0)))
shape <- sapply(fits, function(fit) sprintf('%.2f', abs(fit$estimate[['shape']])))
small <- fits[[3]]
loss <- qgpd(0.9999, 0, small$estimate[['scale']], small$estimate[['shape']]) / 1e-4
shown <- sprintf('shape at 1: %s 1e-2: %s 1e-4: %s ; 1e-4: %s, loss of one in 10,000: %.1f scales, true %.1f', shape[1], shape[2],
  shape[3], small$convergence, loss, qgpd(0.9999, 0, 1, 0.25))
cat(shown, '\n')
stopifnot(shown == paste('shape at 1: 0.25 1e-2: 0.24 1e-4: 0.00 ; 1e-4: successful, loss of one in 10,000: 0.0 scales,',
  'true 36.0'))
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
