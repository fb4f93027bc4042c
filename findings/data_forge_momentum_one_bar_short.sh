#!/bin/sh
# data-forge-indicators 0.2.7: momentum(n) and roc(n) look back n - 1 bars. Over 1 bar they are 0 for any prices, and over 8 bars of an
# hour, a funding period, they state the change of seven hours.
# Guessed: momentum(1) of 1 2 4 8 16: 1 2 4 8, and momentum(3): 7 14; roc(3): 700 700.
# Seen: momentum(1) 0 0 0 0 0 ; momentum(3) 3 6 12 ; roc(3) 300 300 300
# Version: data-forge-indicators 0.2.7, data-forge 1.10.5, chai 4.5.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null # chai is needed and not declared by the package.
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps data-forge-indicators@0.2.7 data-forge@1.10.5 chai@4.5.0 \
  >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { Series } = require('data-forge');
require('data-forge-indicators');
const prices = new Series([1, 2, 4, 8, 16]);
const shown = [prices.momentum(1), prices.momentum(3), prices.roc(3)].map((series) => series.toArray().join(' '));
console.log(`momentum(1) ${shown[0]} ; momentum(3) ${shown[1]} ; roc(3) ${shown[2]}`);
assert.deepEqual(shown, ['0 0 0 0 0', '3 6 12', '300 300 300']);
END
node t.cjs
