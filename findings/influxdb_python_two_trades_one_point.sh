#!/bin/sh
# Debian's python3-influxdb 5.3.1: a time that is given as text loses what is finer than a microsecond, though the database counts
# nanoseconds and knows a point by its time. Of two trades 111 nanoseconds apart the second overwrites the first. And a
# numpy integer is written as a float, where Python's own is one ("i"): an order id of 19 digits loses its last three.
# Guessed: none before the first run. By InfluxDB's units one would say ...123456789 and ...900, and 2510789768709120001i twice.
# Seen: times 1769720000123456000 1769720000123456000 ; int 2510789768709120001i numpy 2.51078976870912e+18
# Version: python3-influxdb 5.3.1-3 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-influxdb=5.3.1-3 python3-numpy python3-requests python3-urllib3 python3-chardet python3-idna python3-certifi \
  python3-charset-normalizer python3-msgpack python3-dateutil python3-tz python3-six libblas3 liblapack3 libgfortran5 libquadmath0 \
  >/dev/null 2>&1; for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=$l/x86_64-linux-gnu:$l/x86_64-linux-gnu/blas:$l/x86_64-linux-gnu/lapack
cat > t.py <<'END'
import warnings
warnings.simplefilter('ignore')  # Of versions of requests.
import numpy
from influxdb.line_protocol import make_lines
def line(time, order):
    point = {'measurement': 'trades', 'time': time, 'fields': {'order': order}}
    return make_lines({'points': [point]}).strip().split()
times = [line(f'2026-01-29T20:53:20.123456{end}Z', 1)[2] for end in ('789', '900')]
orders = [line(1, kind(2510789768709120001))[1].removeprefix('order=') for kind in (int, numpy.int64)]
print('times', *times, '; int', orders[0], 'numpy', orders[1])
assert times == ['1769720000123456000'] * 2
assert orders == ['2510789768709120001i', '2.51078976870912e+18']
END
/usr/bin/python3 -S t.py
