#!/bin/sh
# pandas 1.5.3: kurt() of a day of hourly funding rates is 0, which reads "as thin as a normal distribution". Where the
# square of their summed squares, times the counts, is under 1e-14 it is taken for rounding, and the answer is 0. The same rates
# in percent have 20.97, and skew() is right in both units: an alarm on fat tails sleeps through the hour that stands out.
# Guessed: 20.97 both times; the kurtosis has no unit.
# Seen: as rates: kurtosis 0.00 skew 4.51 ; in percent: kurtosis 20.97 skew 4.51
# Version: pandas 1.5.3+dfsg-2 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-pandas=1.5.3+dfsg-2 python3-pandas-lib=1.5.3+dfsg-2 python3-numpy python3-dateutil python3-tz \
  python3-six libblas3 liblapack3 libgfortran5 libquadmath0 >/dev/null 2>&1; for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=$l/x86_64-linux-gnu:$l/x86_64-linux-gnu/blas:$l/x86_64-linux-gnu/lapack
cat > t.py <<'END'
import pandas
rates = pandas.Series([1.25e-5] * 20 + [1.3e-5, 1.1e-5, 2.4e-5, 6.0e-5])
shown = ' ; '.join(f'{unit}: kurtosis {of.kurt():.2f} skew {of.skew():.2f}'
                   for unit, of in (('as rates', rates), ('in percent', rates * 100)))
print(shown)
assert pandas.__version__ == '1.5.3'
assert shown == 'as rates: kurtosis 0.00 skew 4.51 ; in percent: kurtosis 20.97 skew 4.51'
END
/usr/bin/python3 -S t.py
