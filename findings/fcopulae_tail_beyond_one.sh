#!/bin/bash
# R's fCopulae 4022.85: archmTailCoeff hands out the tail dependence twice, once from the copula and once from its generator, and the
# second is evaluated at the wrong end: of a Clayton and a Gumbel copula it is 1.11 and 1.07, where the chance that two contracts
# are hit together cannot pass 1, and is 0 and 0.59; an offset of one less that is negative. archmTau of copula 7 lost its sign: 0.61 for
# two that move against each other, beside a Spearman's rho of -0.68: a hedge by it goes the wrong way round.
# Guessed: both ways 0.00 for Clayton (1), 0.59 = 2 - 2^(1/2) for Gumbel (2), and a tau of -0.61.
# Seen: upper tail of Clayton 0.00 and 1.11, of Gumbel 0.59 and 1.07 ; copula 7: tau 0.61, by its definition -0.61, rho -0.68
# Version: r-cran-fcopulae 4022.85-1, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-fcopulae=4022.85-1 r-base-core=4.2.2.20221110-2 r-cran-{timedate,timeseries,fbasics,fmultivar,spatial} \
  r-cran-{mass,gss,stabledist,mvtnorm,mnormt,numderiv,sn,cubature,rcpp,lattice,ecodist} libblas3 liblapack3 libgfortran5 \
  libquadmath0 libgomp1 libicu72 libtirpc3 libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(fCopulae))
stopifnot(packageVersion('fCopulae') == '4022.85')
tail_of <- function(alpha, type) sprintf('%.2f', sapply(archmTailCoeff(alpha, type), function(way) tail(c(way), 1)))
clayton <- tail_of(1, '1'); gumbel <- tail_of(2, '4')
phi <- function(t) -log(0.5 * t + 0.5) # The generator of copula 7, and tau by its definition.
slope <- function(t) -0.5 / (0.5 * t + 0.5)
tau <- 1 + 4 * integrate(function(t) phi(t) / slope(t), 0, 1)$value
shown <- sprintf('upper tail of Clayton %s and %s, of Gumbel %s and %s ; copula 7: tau %.2f, by its definition %.2f, rho %.2f', clayton[1],
  clayton[2], gumbel[1], gumbel[2], c(archmTau(0.5, '7')), tau, c(archmRho(0.5, '7')))
cat(shown, '\n')
stopifnot(shown == paste('upper tail of Clayton 0.00 and 1.11, of Gumbel 0.59 and 1.07 ; copula 7: tau 0.61, by its definition',
  '-0.61, rho -0.68'))
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
