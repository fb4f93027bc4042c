#!/bin/sh
# npm's ohlc 2.0.4: its moving averages are whole numbers. For shares in yen, as in its README, that is a detail; the average of a
# coin that trades at 0.41 to 0.45 is 0, and of one at 1.62 it is 2, above every price of the window. Prices keep their
# decimals, so each cross of price and average is decided by the rounding.
# Guessed: 0.43 and 1.62.
# Seen: closes 0.41 0.43 0.45: average 0 ; closes 1.61 1.62 1.63: average 2
# Version: ohlc 2.0.4 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ohlc@2.0.4 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const library = require('ohlc'), ohlc = library.default ?? library;
const average = (closes) => ohlc(closes.map((price, i) => [`2026-01-2${i + 6}`, price, price, price, price, 100])).sma(3).toDaily()[2].sma3;
const cheap = [0.41, 0.43, 0.45], dearer = [1.61, 1.62, 1.63];
console.log('closes', ...cheap.slice(0, 2), cheap[2] + ': average', average(cheap), '; closes', ...dearer.slice(0, 2),
  dearer[2] + ': average', average(dearer));
assert.equal(average(cheap), 0);
assert.equal(average(dearer), 2);
END
node t.cjs
