#!/bin/sh
# pandas 1.5.3: read_json turns ids that a venue sends as text, so that nobody rounds them, into numbers by way of a double. Two
# OKX orders whose ids of 19 digits differ in the last come out with one id, and a sum by order adds them up.
# Guessed: the text as it was sent; failing that exact integers, which 64 bits hold.
# Seen: sent 2510789768709120001 2510789768709120002 ; read 2510789768709120000 2510789768709120000 ; by order {...000: 12}
# Version: pandas 1.5.3+dfsg-2 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-pandas=1.5.3+dfsg-2 python3-pandas-lib=1.5.3+dfsg-2 python3-numpy python3-dateutil python3-tz \
  python3-six libblas3 liblapack3 libgfortran5 libquadmath0 >/dev/null 2>&1; for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=$l/x86_64-linux-gnu:$l/x86_64-linux-gnu/blas:$l/x86_64-linux-gnu/lapack
cat > t.py <<'END'
import json
import pandas
sent = [{'ordId': '2510789768709120001', 'sz': '5'}, {'ordId': '2510789768709120002', 'sz': '7'}]
orders = pandas.read_json(json.dumps(sent))
read = orders['ordId'].tolist()
print('sent', *(one['ordId'] for one in sent), '; read', *read, '; by order', orders.groupby('ordId')['sz'].sum().to_dict())
assert pandas.__version__ == '1.5.3'
assert read == [2510789768709120000] * 2
assert orders.groupby('ordId')['sz'].sum().to_dict() == {2510789768709120000: 12}
END
/usr/bin/python3 -S t.py
