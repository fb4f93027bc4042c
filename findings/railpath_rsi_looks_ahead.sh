#!/bin/sh
# @railpath/finance-toolkit 0.5.4: calculateRSI states a value for bar 1 that holds the prices of bars 2 and 3: the mean of
# the first `period` changes is copied back to the first bar. With the usual 14 a backtest sees 13 bars ahead at its start.
# Guessed: none before the first run. By what the RSI is one would say no value before bar 3, and none that a later bar moves.
# Seen: first bar 1 ; RSI there 66.67, with another price at bar 3: 100.00
# Version: @railpath/finance-toolkit 0.5.4 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @railpath/finance-toolkit@0.5.4 >/dev/null
node -e "
const assert = require('node:assert');
const { calculateRSI } = require('@railpath/finance-toolkit');
const [one, other] = [83000, 86000].map((third) => calculateRSI({ prices: [82000, 83000, 84000, third, 84000], period: 3 }));
const seen = [one.indices[0], one.rsi[0].toFixed(2), other.rsi[0].toFixed(2)];
console.log('first bar', seen[0], '; RSI there', seen[1] + ', with another price at bar 3:', seen[2]);
assert.deepEqual(seen, [1, '66.67', '100.00']);"
