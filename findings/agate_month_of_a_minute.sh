#!/bin/sh
# agate 1.6.3, which reads the tables of csvkit: of a venue's CSV the intervals 1m and 1M, a minute and a month, are both 60 seconds,
# and a funding rate of 0.0100% is 0.0100, a hundred times too much. Both are what type inference does by itself; the column
# comes out as a duration and as a number, and nothing says that a unit is gone.
# Guessed: none before the first run. By what is written one would say 60 seconds, text or a month, and 0.0001 or text.
# Seen: 1m 60 s ; 1M 60 s ; 0.0100% is 0.0100
# Version: python3-agate 1.6.3-2 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-agate=1.6.3-2 python3-babel python-babel-localedata python3-isodate python3-leather python3-tz \
  python3-parsedatetime python3-pytimeparse python3-six python3-slugify python3-unidecode python3-text-unidecode \
  >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
export PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat > rates.csv <<'END'
interval,rate
1m,0.0100%
1M,0.0200%
END
cat > t.py <<'END'
import agate
rows = agate.Table.from_csv('rates.csv').rows
seconds = [int(row['interval'].total_seconds()) for row in rows]
print(f"1m {seconds[0]} s ; 1M {seconds[1]} s ; 0.0100% is {rows[0]['rate']}")
assert seconds == [60, 60]
assert str(rows[0]['rate']) == '0.0100'
END
/usr/bin/python3 -S t.py
