#!/bin/sh
# Statistics::LineFit 0.07 (Perl) sums the squares of x as they are. Against times in milliseconds since 1970 a perfect line of a
# dollar a minute has a slope of 0.95; six ticks 10 milliseconds apart, on a line as perfect, have no slope and an r squared
# of 0.0000; a second apart, its answer is that all x are equal. With the times counted from the first one all are right.
# Guessed: a slope of 1.00 a step and an r squared of 1 for each.
# Seen: a minute 0.95 ; 10 ms 0.00 r2 0.0000 ; a second: no line ; from the first time on: 1.00 1.00 1.00
# Version: libstatistics-linefit-perl 0.07-3 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq libstatistics-linefit-perl=0.07-3 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
cat > t.pl <<'END'
use strict; use warnings;
use Statistics::LineFit;
sub fit { my ($first, $step) = @_; # The slope for one step, and r squared.
  my $fit = Statistics::LineFit->new(0, 1);
  $fit->setData([map { $first + $_ * $step } 0 .. 5], [map { 82000 + $_ } 0 .. 5]);
  my (undef, $slope) = $fit->coefficients() or return ();
  return ($slope * $step, $fit->rSquared()) }
my ($start, @steps) = (1769720000000, 60000, 10, 1000);
my ($minute, $tick, $second) = map { [fit($start, $_)] } @steps;
my $right = join ' ', map { sprintf '%.2f', (fit(0, $_))[0] } @steps;
my $shown = sprintf 'a minute %.2f ; 10 ms %.2f r2 %.4f ; a second: %s ; from the first time on: %s', $minute->[0], @$tick,
  @$second ? 'a line' : 'no line', $right;
print "$shown\n";
exit($shown ne 'a minute 0.95 ; 10 ms 0.00 r2 0.0000 ; a second: no line ; from the first time on: 1.00 1.00 1.00');
END
perl -I root/usr/share/perl5 t.pl
