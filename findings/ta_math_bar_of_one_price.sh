#!/bin/sh
# ta-math 1.0.49: the accumulation line adds the volume times where the close lies between low and high, and divides by zero where
# they are the same. One minute in which all trades had one price, as thin contracts have every hour, makes the line NaN from
# there to the end of the day, and the Chaikin oscillator over it too.
# Guessed: none before the first run. By the line's definition one would say that such a bar adds nothing: 10 10 20.
# Seen: accumulation 10 NaN NaN NaN ; oscillator: numbers left 0 of 4
# Version: ta-math 1.0.49 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ta-math@1.0.49 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { default: TA = require('ta-math') } = require('ta-math');
const high = [82, 82, 83, 84], low = [81, 82, 82, 83], close = [82, 82, 83, 84], volume = [10, 10, 10, 10]; // Each ends at its high.
const line = TA.adl(high, low, close, volume);
const left = TA.cho(high, low, close, volume, 2, 3).filter((value) => !Number.isNaN(value)).length;
console.log('accumulation', line.join(' '), '; oscillator: numbers left', left, 'of', line.length);
assert.deepEqual(line, [10, NaN, NaN, NaN]);
assert.equal(left, 0);
END
node t.cjs
