#!/bin/sh
# jstat 1.9.6: percentile() interpolates as a spreadsheet's PERCENTILE does, but not between the two largest values: there
# it returns the smaller. Of ten losses of 1 to 10 the 90th, 95th and 99th percentile are all 9; of the same days as
# negative returns the mirrored ones are right. A VaR read from losses is too small exactly where it matters.
# Guessed: none before the first run. By the interpolation below one would say 9.10, 9.55 and 9.91.
# Seen: losses 9.00 9.00 9.00 ; returns -9.10 -9.55 -9.91
# Version: jstat 1.9.6 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts jstat@1.9.6 >/dev/null
node -e "
const assert = require('node:assert');
const { jStat } = require('jstat');
const losses = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], levels = [0.9, 0.95, 0.99];
const up = levels.map((p) => jStat.percentile(losses, p).toFixed(2));
const down = levels.map((p) => jStat.percentile(losses.map((x) => -x), 1 - p).toFixed(2));
console.log('losses', ...up, '; returns', ...down);
assert.deepEqual(up, ['9.00', '9.00', '9.00']); assert.deepEqual(down, ['-9.10', '-9.55', '-9.91']);"
