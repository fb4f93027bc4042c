#!/bin/sh
# @debut/indicators 1.4.2: CMO, fed bar by bar, is right once, in its first full window. From then on it reads its ring of prices
# from the first slot and not from the oldest, so the step from the newest price to the oldest counts as a change: a market
# that only rises reads 100 and then -14, one that only falls -100 and then 14. Eleven others of the package that were tried
# (RSI, ATR, MACD, MFI, ADX and the like) agree with their definitions.
# Guessed: 100 throughout the rise and -100 throughout the fall.
# Seen: rise: 100 -14 -14 -14 ; fall: -100 14 14 14
# Version: @debut/indicators 1.4.2 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @debut/indicators@1.4.2 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { CMO } = require('@debut/indicators');
const shown = (closes) => {
  const oscillator = new CMO(4);
  return closes.map((close) => oscillator.nextValue(close)).filter((value) => value !== undefined).map(Math.round).join(' ');
};
const rise = [82000, 82100, 82200, 82300, 82400, 82500, 82600, 82700];
const up = shown(rise), down = shown([...rise].reverse());
console.log(`rise: ${up} ; fall: ${down}`);
assert.equal(up, '100 -14 -14 -14');
assert.equal(down, '-100 14 14 14');
END
node t.cjs
