#!/bin/sh
# R's bit64 4.0.5 keeps amounts in whole units exactly, and mixed with a plain number it goes by the side. Amount times rate rounds the
# product; rate times amount first makes a whole number of the rate: a fee of 0.0004 of 82,000,000 is 32,800 or 0, and three times
# a half more is 5 or 3. A variance is 0, and sapply, ifelse and c() with a plain number in front show the bits as a double.
# Guessed: 32800 both ways, a variance of 1.67, and the amount itself out of ifelse.
# Seen: amount * rate 32800 rate * amount 0 ; 3 * 1.5 = 5 1.5 * 3 = 3 ; variance of 1 2 3 4: 0 ; ifelse 4.05e-316
# Version: r-cran-bit64 4.0.5-1, r-cran-bit 4.0.5-1, r-base-core 4.2.2.20221110-2 of Debian 12
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq r-cran-bit64=4.0.5-1 r-cran-bit=4.0.5-1 r-base-core=4.2.2.20221110-2 libblas3 liblapack3 libgfortran5 \
  libquadmath0 libgomp1 libicu72 libtirpc3 libreadline8 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export R_HOME=$l/R R_LIBS=$l/R/site-library TZ=UTC; ln -sf Renviron.ucf "$R_HOME/etc/Renviron"
export LD_LIBRARY_PATH=$l/R/lib:$m:$m/blas:$m/lapack
cat > t.R <<'END'
suppressPackageStartupMessages(library(bit64))
stopifnot(packageVersion('bit64') == '4.0.5')
amount <- as.integer64(82000000)
shown <- paste('amount * rate', as.character(amount * 0.0004), 'rate * amount', as.character(0.0004 * amount),
  '; 3 * 1.5 =', as.character(as.integer64(3) * 1.5), '1.5 * 3 =', as.character(1.5 * as.integer64(3)),
  '; variance of 1 2 3 4:', var(as.integer64(1:4)), '; ifelse', sprintf('%.2e', ifelse(TRUE, amount, amount)))
cat(shown, '\n')
stopifnot(shown == paste('amount * rate 32800 rate * amount 0 ; 3 * 1.5 = 5 1.5 * 3 = 3 ; variance of 1 2 3 4: 0 ;',
  'ifelse 4.05e-316'))
END
"$l/R/bin/exec/R" --vanilla --no-echo -f t.R 2>/dev/null
