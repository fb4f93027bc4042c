#!/bin/sh
# R's stabledist 0.7-1: the tails of its heavy-tailed distributions end. For alpha 1.5, as fitted to returns, the losses of one in
# 10,000, in 100,000 and in a million are one number, 125 scales, where they are 158, 736 and 3,414. For alpha 1.7 the chance of a loss
# beyond 100 is right, and beyond 200 it is 1e-60, for one in 62,000. No warning; and the tail is what it is used for.
# Guessed: 4.64 times as much for each tenth of the probability, and pstable of it the probability asked for.
# Seen: alpha 1.5: -125.43 -125.43 -125.43 (x^-alpha: -158 -736 -3414) ; alpha 1.7 beyond 100: 5.2e-05 200: 1e-60 (1.6e-05)
# Version: r-cran-stabledist 0.7-1-3, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-stabledist=0.7-1-3 r-base-core=4.2.2.20221110-2 libblas3 liblapack3 libgfortran5 libquadmath0 \
  libgomp1 libicu72 libtirpc3 libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(stabledist))
constant <- function(alpha) gamma(alpha) * sin(pi * alpha / 2) / pi # Of the tail: P(X < -x) ~ constant * x^-alpha.
rare <- c(1e-4, 1e-5, 1e-6)
losses <- sapply(rare, qstable, alpha = 1.5, beta = 0)
power <- -(constant(1.5) / rare)^(1 / 1.5)
beyond <- sapply(c(-100, -200), pstable, alpha = 1.7, beta = 0)
shown <- sprintf('alpha 1.5: %s (x^-alpha: %s) ; alpha 1.7 beyond 100: %s 200: %s (%s)', paste(sprintf('%.2f', losses), collapse = ' '),
  paste(sprintf('%.0f', power), collapse = ' '), sprintf('%.1e', beyond[1]), sprintf('%.0e', beyond[2]),
  sprintf('%.1e', constant(1.7) * 200^-1.7))
cat(shown, '\n')
stopifnot(packageVersion('stabledist') == '0.7.1')
stopifnot(shown == paste('alpha 1.5: -125.43 -125.43 -125.43 (x^-alpha: -158 -736 -3414) ;',
  'alpha 1.7 beyond 100: 5.2e-05 200: 1e-60 (1.6e-05)'))
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
