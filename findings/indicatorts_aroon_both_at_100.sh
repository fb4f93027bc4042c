#!/bin/sh
# indicatorts 2.2.2: Aroon counts the bars since the window's maximum last CHANGED, not since the bar that holds it. When an old
# low leaves the window the minimum changes, so a market that only rises has its down line at 100 from then on, level with
# the up line. A rule that trades their crossing sees no trend in the steadiest one.
# Guessed: in a rise of 60 bars, up 100 and down 0, or 4 where the window is 25 bars and not 26.
# Seen: bar 25: up 100 down 4 ; bar 26: up 100 down 100 ; bar 60: up 100 down 100
# Version: indicatorts 2.2.2 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts indicatorts@2.2.2 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { aroon } = require('indicatorts');
const rise = Array.from({ length: 60 }, (_, bar) => 82000 + 10 * bar);
const { up, down } = aroon(rise.map((price) => price + 5), rise.map((price) => price - 5), { period: 25 });
const shown = [25, 26, 60].map((bar) => `bar ${bar}: up ${up[bar - 1]} down ${down[bar - 1]}`).join(' ; ');
console.log(shown);
assert.equal(shown, 'bar 25: up 100 down 4 ; bar 26: up 100 down 100 ; bar 60: up 100 down 100');
END
node t.cjs
