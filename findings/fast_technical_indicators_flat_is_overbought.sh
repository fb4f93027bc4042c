#!/bin/sh
# fast-technical-indicators 1.1.4: where the window has no loss its RSI takes the strength for 100, so that 99.01 is the highest value
# there is: for the steadiest rise, where technicalindicators, with which it calls itself compatible, says 100, and for a
# market that does not move at all. A contract that is halted reads as the most overbought of all.
# Guessed: 100 for the rise, and 50 or nothing for the flat market.
# Seen: rise 99.01 (technicalindicators 100) ; flat 99.01 ; fall 0
# Version: fast-technical-indicators 1.1.4, technicalindicators 3.1.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts fast-technical-indicators@1.1.4 technicalindicators@3.1.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const fast = require('fast-technical-indicators'), other = require('technicalindicators');
const days = [...Array(30).keys()], period = 14;
const rise = days.map((day) => 82000 + day), flat = days.map(() => 82000), fall = [...rise].reverse();
const last = (library, values) => library.rsi({ values, period }).at(-1);
console.log(`rise ${last(fast, rise)} (technicalindicators ${last(other, rise)}) ; flat ${last(fast, flat)} ; fall ${last(fast, fall)}`);
assert.deepEqual([rise, flat, fall].map((values) => last(fast, values)), [99.01, 99.01, 0]);
assert.equal(last(other, rise), 100);
END
node t.cjs
