#!/bin/sh
# techan 0.8.0 leaves out the bars whose RSI is 0, as if they had none, and all of the ADX in a market that only falls, where it is
# 100. A crash has no oversold bar; after a fall and a rise there are fewer values than bars, and the k-th is not the k-th bar's.
# Guessed: 26 rows of RSI, all 0, and 30 of ADX for the fall, as many as for the rise.
# Seen: rise: RSI 26 ADX 30 ; fall: RSI 0 ADX 0 ; fall and rise: RSI 39 of 66
# Version: techan 0.8.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts techan@0.8.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { indicator } = require('techan');
const bars = (prices) => prices.map((price, i) => ({ date: new Date(1769720000000 + i * 60000), open: price, high: price + 1,
  low: price - 1, close: price, volume: 1 }));
const rise = [...Array(40).keys()].map((day) => 82000 + day), fall = [...rise].reverse();
const rows = (prices) => [indicator.rsi().period(14)(bars(prices)).length, indicator.adx().period(5)(bars(prices)).length];
const up = rows(rise), down = rows(fall), both = rows([...fall, ...rise]);
console.log(`rise: RSI ${up[0]} ADX ${up[1]} ; fall: RSI ${down[0]} ADX ${down[1]} ; fall and rise: RSI ${both[0]} of 66`);
assert.deepEqual([...up, ...down], [26, 30, 0, 0]);
assert.equal(both[0], 39);
END
node t.cjs
