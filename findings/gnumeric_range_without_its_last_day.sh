#!/bin/bash
# Gnumeric 1.12.55: OPT_TIME_SWITCH, an option that pays a sum for each day on which the price is in its range, as a range note
# does, leaves out the last day. A note of one day is worth 0 and one of two days half; of 30 days of 1 dollar, deep in
# the range, 29.00 remain, and 39.00 with ten days that are already earned. The days before are right to the cent.
# Guessed: 1.00, 2.00, 30.00 and 40.00.
# Seen: one day 0.00, two days 1.00, 30 days 29.00, with ten earned 39.00
# Version: gnumeric 1.12.55-1 of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq gnumeric=1.12.55-1 gnumeric-common=1.12.55-1 libgsf-1-114 libgoffice-0.10-10{,-common} libatk-bridge2.0-0 \
  libatk1.0-0 libatspi2.0-0 libbrotli1 libbsd0 libcairo{-gobject,}2 libdatrie1 libdbus-1-3 libepoxy0 libexpat1 libffi8 \
  libfontconfig1 libfreetype6 libfribidi0 libgdk-pixbuf-2.0-0 libglib2.0-0 libgraphite2-3 libgtk-3-0 libharfbuzz0b libicu72 \
  libjpeg62-turbo libmd0 libpango{,cairo,ft2}-1.0-0 libpcre2-8-0 libpixman-1-0 libpng16-16 librsvg2-2 libthai0 \
  libwayland-{client0,cursor0,egl1} libx11-6 libxau6 libxcb-{render,shm}0 libxcb1 libxcomposite1 libxcursor1 libxdamage1 libxdmcp6 \
  libxext6 libxfixes3 libxi6 libxinerama1 libxkbcommon0 libxml2 libxrandr2 libxrender1 libxslt1.1 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export LD_LIBRARY_PATH=$l/x86_64-linux-gnu:$l GNUMERIC_PLUGIN_PATH=$l/gnumeric/1.12.55/plugins HOME=$dir
while read -r days earned; do # Arguments: call, spot, strike, sum a year, time, days earned, day, rate, carry, volatility.
  echo "\"=opt_time_switch(\"\"c\"\",82000,1000,365,$days/365,$earned,1/365,0,0,0.6)\""
done > sheet.csv <<'END'
1 0
2 0
30 0
30 10
END
root/usr/bin/ssconvert --recalc -T Gnumeric_stf:stf_csv sheet.csv values.csv 2>/dev/null
shown=$(awk '{ v[NR] = $1 } END { printf "one day %.2f, two days %.2f, 30 days %.2f, with ten earned %.2f", v[1], v[2], v[3], v[4] }' \
  values.csv)
echo "$shown"
[ "$shown" = 'one day 0.00, two days 1.00, 30 days 29.00, with ten earned 39.00' ]
