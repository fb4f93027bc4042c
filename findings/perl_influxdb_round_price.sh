#!/bin/sh
# InfluxDB::LineProtocol 1.015 (Perl) takes the type of a field from the looks of its text. A price of 82000 is written as an integer
# (82000i), 82000.5 as a float, and .5 or 1. as a text in quotes. InfluxDB gives a field the type of its first point and refuses
# the points of another type; which prices are lost is decided by whether the first one was round.
# Guessed: one type for all: 82000 and 82000.5 both floats, and 0.5 for .5.
# Seen: 82000: price=82000i ; 82000.5: price=82000.5 ; .5: price=".5" ; 1.: price="1." ; 1e-5: price=1e-5
# Version: libinfluxdb-lineprotocol-perl 1.015-1 of Debian 12
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq libinfluxdb-lineprotocol-perl=1.015-1 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
cat > t.pl <<'END'
use strict; use warnings;
use InfluxDB::LineProtocol qw(data2line);
my $shown = join ' ; ', map { my (undef, $field) = split / /, data2line('trade', { price => $_ }); "$_: $field" }
  '82000', '82000.5', '.5', '1.', '1e-5';
print "$shown\n";
exit($shown ne '82000: price=82000i ; 82000.5: price=82000.5 ; .5: price=".5" ; 1.: price="1." ; 1e-5: price=1e-5');
END
perl -I root/usr/share/perl5 t.pl
