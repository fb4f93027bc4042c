#!/bin/sh
# @react-financial-charts/indicators 2.0.0: the true range leaves out the sign of its third term, the step from the close before
# down to the low, so a gap down counts for nothing and a gap up in full. After a gap of 20 the average true range is 6.75 on
# the way up and still 2 on the way down: stops set by it are tightest after a crash.
# Guessed: 6.75 both ways: (3 * 2 + 21) / 4.
# Seen: bars of 2 around 100: gap to 120: 6.75 ; gap to 80: 2
# Version: @react-financial-charts/indicators 2.0.0, esbuild 0.25.0 (to join its modules) from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @react-financial-charts/indicators@2.0.0 esbuild@0.25.0 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { atr } from '@react-financial-charts/indicators';
const algorithm = atr().options({ windowSize: 4 }).merge((bar, value) => { bar.atr = value; }).accessor((bar) => bar.atr);
const after = (prices) => {
  const bars = prices.map((price) => ({ open: price, high: price + 1, low: price - 1, close: price, volume: 1 }));
  algorithm(bars);
  return bars.at(-1).atr;
};
const quiet = Array(5).fill(100), up = after([...quiet, 120]), down = after([...quiet, 80]);
console.log('bars of 2 around 100: gap to 120:', up, '; gap to 80:', down);
assert.equal(up, 6.75);
assert.equal(down, 2);
END
npx esbuild t.mjs --bundle --platform=node --outfile=o.cjs --log-level=error
node o.cjs
