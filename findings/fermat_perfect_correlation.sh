#!/bin/bash
# @mathigon/fermat 1.1.24: correlation divides a covariance over n by deviations over n - 1, so that it is short by (n - 1) / n. Two
# contracts that move as one over three days correlate by 0.67, over two by 0.50, over 30 by 0.97, and never by 1: an
# offset of margins that begins at 0.9 is not given before the tenth day, and the shorter the window, the more diverse the book.
# Guessed: 1.00 for each.
# Seen: 2 days 0.50, 3 days 0.67, 10 days 0.90, 30 days 0.97 ; the opposite of itself, 3 days -0.67
# Version: @mathigon/fermat 1.1.24 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @mathigon/fermat@1.1.24 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { correlation } = require('@mathigon/fermat');
const moves = (days) => Array.from({ length: days }, (_, day) => (day * 7) % 5 - 2 + day / 100);
const together = (days) => `${days} days ${correlation(moves(days), moves(days).map((move) => 3 * move)).toFixed(2)}`;
const against = correlation(moves(3), moves(3).map((move) => -move)).toFixed(2);
const shown = `${[2, 3, 10, 30].map(together).join(', ')} ; the opposite of itself, 3 days ${against}`;
console.log(shown);
assert.equal(shown, '2 days 0.50, 3 days 0.67, 10 days 0.90, 30 days 0.97 ; the opposite of itself, 3 days -0.67');
END
node t.cjs
