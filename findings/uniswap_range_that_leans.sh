#!/bin/sh
# @uniswap/v3-sdk 3.31.5: nearestUsableTick rounds a half towards plus infinity, so a range that is symmetric round a price of 1
# is not any more: of ticks -15 and 15 with a spacing of 10 it makes -10 and 20, and of -5 and 5 it makes 0 and 10. A position
# quoted the other way round (the pool's tokens exchanged, each tick with the other sign) has other bounds.
# Guessed: -20 and 20, or -10 and 10: one distance both ways.
# Seen: -15 and 15: -10 and 20 ; -5 and 5: 0 and 10 ; -25 and 25: -20 and 30
# Version: @uniswap/v3-sdk 3.31.5 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @uniswap/v3-sdk@3.31.5 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { nearestUsableTick } = require('@uniswap/v3-sdk');
const bounds = (tick) => [-tick, tick].map((one) => nearestUsableTick(one, 10) + 0);
const text = (tick) => `${-tick} and ${tick}: ${bounds(tick).join(' and ')}`;
console.log([15, 5, 25].map(text).join(' ; '));
assert.deepEqual([15, 5, 25].map(bounds), [[-10, 20], [0, 10], [-20, 30]]);
END
node t.cjs
