#!/bin/sh
# QuantLib 1.29: a BlackVarianceSurface with extrapolation enabled continues the VARIANCE on a straight line beyond its strikes. A
# falling skew of 70, 60 and 52 % at 70,000 to 90,000 is 43 % at 100,000, 4 % at 120,000 and NaN from 130,000 on, where BTC
# options are listed; no error is raised and a book's sum is NaN. (A constant wing is an argument that the default leaves out.)
# Guessed: 52 % held flat, or an error as without extrapolation.
# Seen: 90000: 0.52 ; 100000: 0.43 ; 120000: 0.04 ; 130000: nan ; 200000: nan
# Version: QuantLib 1.29-1+b1 (quantlib-python) of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq quantlib-python=1.29-1+b1 libquantlib0v5=1.29-1 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages LD_LIBRARY_PATH=$l/x86_64-linux-gnu PYTHONDONTWRITEBYTECODE=1
cat > t.py <<'END'
import QuantLib as ql
today, expiry, later = ql.Date(30, 1, 2026), ql.Date(27, 2, 2026), ql.Date(27, 3, 2026)
ql.Settings.instance().evaluationDate = today
quoted = {70000.0: 0.70, 80000.0: 0.60, 90000.0: 0.52}
matrix = ql.Matrix(3, 2)
for row, volatility in enumerate(quoted.values()):
    for column in (0, 1):
        matrix[row][column] = volatility
surface = ql.BlackVarianceSurface(today, ql.NullCalendar(), [expiry, later], list(quoted), matrix, ql.Actual365Fixed())
surface.enableExtrapolation()
shown = ' ; '.join(f'{strike}: {surface.blackVol(expiry, float(strike)):.2f}'
                   for strike in (90000, 100000, 120000, 130000, 200000))
print(shown)
assert ql.__version__ == '1.29'
assert shown == '90000: 0.52 ; 100000: 0.43 ; 120000: 0.04 ; 130000: nan ; 200000: nan'
END
/usr/bin/python3 -S t.py
