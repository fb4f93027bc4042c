#!/bin/sh
# moving-averages 4.0.6: the first value of sma, its smoothed moving average, is 0 whatever the first price is; from the second bar on
# it is as if it had begun at that price. Of a market that stands at 82,000 the line leaps from 0 to 82,000, the price is above it
# once, and a backtest opens with a cross. ema and dma of the same package begin at the price.
# Guessed: 82000 in each bar, or no value for the first.
# Seen: sma 0 82000 82000 82000 ; ema 82000 82000 82000 82000 ; dma 82000 82000 82000 82000
# Version: moving-averages 4.0.6 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts moving-averages@4.0.6 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { dma, ema, sma } = require('moving-averages');
const prices = Array(4).fill(82000), smoothed = sma(prices, 3), exponential = ema(prices, 3), dynamic = dma(prices, 0.5);
console.log('sma', smoothed.join(' '), '; ema', exponential.join(' '), '; dma', dynamic.join(' '));
assert.deepEqual(smoothed, [0, 82000, 82000, 82000]);
assert.deepEqual([exponential, dynamic], [prices, prices]);
END
node t.cjs
