#!/bin/sh
# indicatorts 2.2.2: the Money Flow Index counts a bar as bought when price TIMES VOLUME grew, not when the price did. A fall on
# growing volume, as a cascade of liquidations is, reads 100, "all money flows in"; a rise on fading volume reads 0.
# @ixjb94/indicators 1.2.4 says 0 and 100 for the same bars.
# Guessed: 0 for the fall and 100 for the rise, by the typical price, from both.
# Seen: fall on growing volume: indicatorts 100, @ixjb94/indicators 0 ; rise on fading volume: 0 and 100
# Version: indicatorts 2.2.2, @ixjb94/indicators 1.2.4 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts indicatorts@2.2.2 @ixjb94/indicators@1.2.4 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { mfi } = require('indicatorts');
const { IndicatorsSync } = require('@ixjb94/indicators');
const both = (closes, volumes) => {
  const highs = closes.map((price) => price + 50), lows = closes.map((price) => price - 50);
  return [mfi(highs, lows, closes, volumes, { period: 4 }), new IndicatorsSync().mfi(highs, lows, closes, volumes, 4)]
    .map((series) => Math.round(series.at(-1)));
};
const fall = [82000, 81900, 81700, 81400, 81000, 80500], rise = [...fall].reverse();
const down = both(fall, [10, 20, 40, 80, 160, 320]), up = both(rise, [320, 160, 80, 40, 20, 10]);
console.log(`fall on growing volume: indicatorts ${down[0]}, @ixjb94/indicators ${down[1]} ;`,
  `rise on fading volume: ${up[0]} and ${up[1]}`);
assert.deepEqual([down, up], [[100, 0], [0, 100]]);
END
node t.cjs
