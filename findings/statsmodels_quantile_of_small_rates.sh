#!/bin/sh
# statsmodels 0.13.5: quantile regression stops when the coefficients move by less than 1e-6, whatever their unit. Of hourly rates
# of the order of 1e-6 the 5 % quantile, fitted on a constant, is a third of the sample's own, after two steps and without a
# warning; the same rates in units of 1e-6 give the right one. A value at risk of funding is too small by two thirds.
# Guessed: the sample's quantile, -2.12 units, in every unit.
# Seen: order 1: -2.11 ; 1e-4: -2.08 ; 1e-5: -1.83 ; 1e-6: -0.69 ; the sample's own: -2.12
# Version: statsmodels 0.13.5+dfsg-7 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-statsmodels=0.13.5+dfsg-7 python3-statsmodels-lib=0.13.5+dfsg-7 python3-scipy=1.10.1-2 \
  python3-pandas python3-pandas-lib python3-numpy python3-patsy python3-packaging python3-decorator \
  python3-dateutil python3-tz python3-six libblas3 liblapack3 libgfortran5 libquadmath0 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=$l/x86_64-linux-gnu:$l/x86_64-linux-gnu/blas:$l/x86_64-linux-gnu/lapack
cat > t.py <<'END'
import numpy
from scipy.stats import t
from statsmodels.regression.quantile_regression import QuantReg
sample = t.ppf((numpy.arange(500) + 0.5) / 500, 4)
shown = [f'{QuantReg(sample * unit, numpy.ones(500)).fit(q=0.05).params[0] / unit:.2f}' for unit in (1, 1e-4, 1e-5, 1e-6)]
print(' ; '.join(f'{unit}: {one}' for unit, one in zip(('order 1', '1e-4', '1e-5', '1e-6'), shown)),
      f"; the sample's own: {numpy.quantile(sample, 0.05):.2f}")
assert shown == ['-2.11', '-2.08', '-1.83', '-0.69']
END
/usr/bin/python3 -S t.py
