#!/bin/sh
# @meteora-ag/dlmm 1.9.14: getBinIdFromPrice divides two logarithms and rounds down or up, so that the last digit decides. By the
# price that getPriceOfBinByBinId states for a bin, in full digits, a third of the bins is not found: of those from -2000 to 2000 with
# a step of 25 basis points, 1,356 are taken for the one below, and rounded up 1,471 for the one above. A limit moves by a bin.
# Guessed: each bin is found by its own price, rounded either way.
# Seen: of 4001 bins, rounded down: 1356 others (-988,-982,-976) ; rounded up: 1471 others (-2000,-1999,-1998)
# Version: @meteora-ag/dlmm 1.9.14, decimal.js 10.6.0 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @meteora-ag/dlmm@1.9.14 \
  decimal.js@10.6.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const dlmm = require('@meteora-ag/dlmm'), step = 25;
const bins = Array.from({ length: 4001 }, (_, index) => index - 2000);
const found = (bin, down) => dlmm.getBinIdFromPrice(dlmm.getPriceOfBinByBinId(bin, step).toString(), step, down);
const lost = (down) => bins.filter((bin) => found(bin, down) !== bin);
const low = lost(true), high = lost(false);
const shown = `of 4001 bins, rounded down: ${low.length} others (${low.slice(0, 3)}) ; rounded up: ${high.length} others (${high.slice(0, 3)})`;
console.log(shown);
assert.equal(shown, 'of 4001 bins, rounded down: 1356 others (-988,-982,-976) ; rounded up: 1471 others (-2000,-1999,-1998)');
END
node t.cjs 2>/dev/null
