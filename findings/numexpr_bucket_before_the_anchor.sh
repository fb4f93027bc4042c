#!/bin/sh
# numexpr 2.8.4: the remainder of whole numbers has the sign of the dividend, as in C, and of floats the sign of the divisor, as in
# Python and numpy. A row 600 seconds before the anchor lies 3,000 seconds into its hour; as integers it is -600 and the hour
# that begins at t - t % 3600 is the next one. The same column as floats is right, and so is numpy in both.
# Guessed: 3000 four times.
# Seen: integers -600 numpy 3000 ; floats 3000 numpy 3000 ; hour begins at: integers 0, floats -3600
# Version: python3-numexpr 2.8.4-1+b2 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-numexpr=2.8.4-1+b2 python3-numpy python3-packaging libblas3 liblapack3 libgfortran5 libquadmath0 \
  >/dev/null 2>&1; for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=$l/x86_64-linux-gnu:$l/x86_64-linux-gnu/blas:$l/x86_64-linux-gnu/lapack
cat > t.py <<'END'
import numexpr, numpy
seconds = numpy.array([-600])  # Of a trade before the first funding time of the tape.
def into(column):
    return int(numexpr.evaluate('t % 3600', {'t': column})[0]), int((column % 3600)[0])
def begin(column):
    return int(numexpr.evaluate('t - t % 3600', {'t': column})[0])
whole, floats = into(seconds), into(seconds.astype(float))
starts = begin(seconds), begin(seconds.astype(float))
print(f'integers {whole[0]} numpy {whole[1]} ; floats {floats[0]} numpy {floats[1]} ;',
      f'hour begins at: integers {starts[0]}, floats {starts[1]}')
assert numexpr.__version__ == '2.8.4'
assert (whole, floats, starts) == ((-600, 3000), (3000, 3000), (0, -3600))
END
/usr/bin/python3 -S t.py
