#!/bin/sh
# ta-math 1.0.49: ZigZag forgets the bar where a new leg begins. Its turning points carry the time of the last one that was found
# inside a leg: in a market that turns at each bar all of them are dated at the first. And its percentage is one of the leg
# before, not of the price: with 15 % it turns after a fall of 2 % that follows a rise of 10 %.
# Guessed: none before the first run. By the indicator's definition one would say times 1 to 7, and no turn at all for moves of 2 %.
# Seen: times 1 1 1 1 1 1 1 for prices 100 130 90 130 80 140 90 ; moves of 2 %: turns at 100 110
# Version: ta-math 1.0.49 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ta-math@1.0.49 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { default: TA = require('ta-math') } = require('ta-math');
const zigzag = (prices) => TA.zigzag(prices.map((_, i) => i + 1), prices, prices, 15);
const wild = zigzag([100, 130, 90, 130, 80, 140, 90, 150]), calm = zigzag([100, 110, 107.8, 108]);
console.log('times', ...wild.time, 'for prices', ...wild.price, '; moves of 2 %: turns at', ...calm.price);
assert.deepEqual(wild, { time: Array(7).fill(1), price: [100, 130, 90, 130, 80, 140, 90] });
assert.deepEqual(calm.price, [100, 110]);
END
node t.cjs
