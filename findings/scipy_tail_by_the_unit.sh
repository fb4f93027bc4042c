#!/bin/sh
# SciPy 1.10.1: t.fit finds other tails when the returns are small numbers. A sample with four degrees of freedom gets 4.09 when
# it is of the order of 1e-2, and 1.99, no variance at all, from 1e-3 down, where returns of a minute and funding rates lie:
# the search stops early, without a word. The loss of one in a thousand is then 19.2 scales instead of 7.2.
# Guessed: one value for all units, near 4; scale and location are fitted beside it.
# Seen: degrees of freedom at 1e-2, 1e-3, 1e-5: 4.09 1.99 1.99 ; loss of 0.1 %: 7.04 19.13 19.24 ; true 7.17
# Version: SciPy 1.10.1-2 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-scipy=1.10.1-2 python3-numpy python3-decorator libblas3 liblapack3 libgfortran5 libquadmath0 \
  >/dev/null 2>&1; for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=$l/x86_64-linux-gnu:$l/x86_64-linux-gnu/blas:$l/x86_64-linux-gnu/lapack
cat > t.py <<'END'
import numpy, scipy
from scipy.stats import t
sample = t.ppf((numpy.arange(500) + 0.5) / 500, 4)  # Its quantiles: no random numbers.
tails, losses = [], []
for unit in (1e-2, 1e-3, 1e-5):
    degrees, place, scale = t.fit(sample * unit)
    tails.append(f'{degrees:.2f}')
    losses.append(f'{-t.ppf(0.001, degrees, place, scale) / unit:.2f}')
print('degrees of freedom at 1e-2, 1e-3, 1e-5:', *tails, '; loss of 0.1 %:', *losses, f'; true {-t.ppf(0.001, 4):.2f}')
assert scipy.__version__ == '1.10.1'
assert tails == ['4.09', '1.99', '1.99']
assert losses == ['7.04', '19.13', '19.24']
END
/usr/bin/python3 -S t.py
