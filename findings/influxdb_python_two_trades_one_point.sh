#!/bin/sh
# Debian's python3-influxdb 5.3.1: a time that is given as text loses what is finer than a microsecond, though the database counts
# nanoseconds and knows a point by its time. Of two trades 111 nanoseconds apart the second overwrites the first. And a
# numpy integer is written as a float (5.0), where Python's own is an integer (5i): one field has two types, by where its lots
# came from.
# Guessed: none before the first run. By InfluxDB's units one would say ...123456789 and ...123456900, and 5i twice.
# Seen: times 1769720000123456000 1769720000123456000 ; int 5i numpy 5.0
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
def line(time, lots):
    point = {'measurement': 'trades', 'time': time, 'fields': {'lots': lots}}
    return make_lines({'points': [point]}).strip().split()
times = [line(f'2026-01-29T20:53:20.123456{end}Z', 1)[2] for end in ('789', '900')]
lots = [line(1, kind(5))[1].removeprefix('lots=') for kind in (int, numpy.int64)]
print('times', *times, '; int', lots[0], 'numpy', lots[1])
assert times == ['1769720000123456000'] * 2
assert lots == ['5i', '5.0']
END
/usr/bin/python3 -S t.py
