#!/bin/sh
# ta.js 1.17.0: hv, "Historical Volatility", takes no returns. It is the root of the root of the squared distances of the PRICES
# from their mean, over the length: the same moves of 1 % give 0.5 at 82 dollars and 15.8 at 82,000, and a steady climb of
# 10 % a day, whose returns have no spread at all, gives 2.5. Quoted in cents a coin is ten times as volatile.
# Guessed: one figure in both units, a standard deviation of returns, perhaps times the root of a year; 0 for the steady climb.
# Seen: at 82: 0.50 ; at 82000: 15.81 ; ten percent each day: 2.48
# Version: ta.js 1.17.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ta.js@1.17.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const ta = require('ta.js');
const volatility = (prices) => ta.hv(prices, prices.length)[0].toFixed(2);
const days = [82, 83, 82, 81, 82, 83, 82, 81];
const shown = [volatility(days), volatility(days.map((price) => price * 1000)), volatility([100, 110, 121, 133.1])];
console.log(`at 82: ${shown[0]} ; at 82000: ${shown[1]} ; ten percent each day: ${shown[2]}`);
assert.deepEqual(shown, ['0.50', '15.81', '2.48']);
END
node t.cjs
