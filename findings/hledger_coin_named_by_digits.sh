#!/bin/sh
# hledger 1.25: a coin whose name begins with digits, as contracts on a thousand or a million coins do, loses them to the amount.
# A blank separates thousands, so "10 1000PEPE" is 101,000 of PEPE: at 0.0042 the posting costs 424.20 instead of 0.042, and
# balances. The report writes it back as it was typed, "10 1000PEPE". Where the amount has decimals the file is refused, and
# ledger 3.3.0 refuses both. (The name in quotes is read right.)
# Guessed: 0.042, or an error.
# Seen: bare: 10 1000PEPE for 424.2000 USD ; in quotes: 0.0420 USD
# Version: hledger 1.25-2+b5 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq hledger=1.25-2+b5 >/dev/null 2>&1; for one in *.deb; do dpkg -x "$one" root; done
export LANG=C.UTF-8
paid() {
  printf '2026-01-30 buy\n    wallet   10 %s @ 0.0042 USD\n    cash\n' "$1" > journal
  root/usr/bin/hledger -f journal balance cash --flat -N -O csv | tail -n 1 | cut -d '"' -f 4
}
root/usr/bin/hledger --version
bare=$(paid 1000PEPE); quoted=$(paid '"1000PEPE"')
printf '2026-01-30 buy\n    wallet   10 1000PEPE @ 0.0042 USD\n    cash\n' > journal
typed=$(root/usr/bin/hledger -f journal balance wallet --flat -N -O txt | sed 's,  wallet,,; s,^ *,,')
echo "bare: $typed for ${bare#-} ; in quotes: ${quoted#-}"
[ "$typed" = '10 1000PEPE' ] && [ "$bare" = '-424.2000 USD' ] && [ "$quoted" = '-0.0420 USD' ]
