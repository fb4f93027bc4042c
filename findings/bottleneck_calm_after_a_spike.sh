#!/bin/sh
# Bottleneck 1.3.5: a moving standard deviation never recovers from one large value. After a bar of 10,000,000,000 tokens, as coins
# of a millionth of a dollar trade them, the spread of 1 and 2 is 0 for the rest of the day, at any distance; pandas gives
# 0.50 for the same bars. A z-score over it is infinite, or an alarm that divides by it stays silent.
# Guessed: 0.50 from the second bar after the spike on, from both.
# Seen: two bars after the spike: Bottleneck 0.00 pandas 0.50 ; a thousand bars after: Bottleneck 0.00 pandas 0.50
# Version: python3-bottleneck 1.3.5+ds1-2+b1, python3-pandas 1.5.3+dfsg-2 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-bottleneck=1.3.5+ds1-2+b1 python3-pandas=1.5.3+dfsg-2 python3-pandas-lib=1.5.3+dfsg-2 python3-numpy \
  python3-dateutil python3-tz python3-six libblas3 liblapack3 libgfortran5 libquadmath0 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=$l/x86_64-linux-gnu:$l/x86_64-linux-gnu/blas:$l/x86_64-linux-gnu/lapack
cat > t.py <<'END'
import bottleneck, numpy, pandas
sizes = numpy.array([1e10] + [1.0, 2.0] * 500)
first = bottleneck.move_std(sizes, window=2)
second = pandas.Series(sizes).rolling(2).std(ddof=0)
shown = [f'Bottleneck {first[at]:.2f} pandas {second[at]:.2f}' for at in (2, 1000)]
print('two bars after the spike:', shown[0], '; a thousand bars after:', shown[1])
assert bottleneck.__version__ == '1.3.5'
assert shown == ['Bottleneck 0.00 pandas 0.50'] * 2
END
/usr/bin/python3 -S t.py
