#!/bin/sh
# npm's ta-lib 0.11.0 (not the C library): MFI weighs every bar with the volume of the oldest one, so volume cancels out and the
# Money Flow Index is the same for any volumes at all. Its AROON looks for the lowest high: "up" of a market that only rises is
# 20, as is "down".
# Guessed: a much lower MFI when the fall has 900 times the volume, and up 100 down 20 for the rise.
# Seen: MFI 61.11 with equal volumes, 61.11 with 900 in the fall ; Aroon of a rise: up 20 down 20
# Version: ta-lib 0.11.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ta-lib@0.11.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { MFI, AROON } = require('ta-lib'); // Both take the newest bar first.
const closes = [4, 5, 3, 6, 4], highs = closes.map((price) => price + 1), lows = closes.map((price) => price - 1);
const index = (volumes) => MFI(highs, lows, closes, volumes, 5).toFixed(2);
const even = index([1, 1, 1, 1, 1]), heavy = index([900, 1, 900, 1, 1]);
const { up, down } = AROON([5, 4, 3, 2, 1], [4, 3, 2, 1, 0], 5);
console.log(`MFI ${even} with equal volumes, ${heavy} with 900 in the fall ; Aroon of a rise: up ${up} down ${down}`);
assert.equal(heavy, even);
assert.deepEqual([up, down], [20, 20]);
END
node t.cjs
