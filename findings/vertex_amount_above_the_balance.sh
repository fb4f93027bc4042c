#!/bin/sh
# @vertex-protocol/utils 0.76.0: toFixedPoint rounds what does not fit to the nearest, so that an amount sent to the chain can be more
# than there is: of 1.9999999 USDC (6 decimals) it makes 2.000000, of a debt as much more. addDecimals of the same number does not
# round at all and keeps a fraction of the smallest unit.
# Guessed: 1999999, cut off, for both.
# Seen: toFixedPoint 2000000 and -2000000 ; addDecimals 1999999.9
# Version: @vertex-protocol/utils 0.76.0 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @vertex-protocol/utils@0.76.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { addDecimals, toFixedPoint } = require('@vertex-protocol/utils');
const balance = '1.9999999', debt = `-${balance}`;
const shown = `toFixedPoint ${toFixedPoint(balance, 6)} and ${toFixedPoint(debt, 6)} ; addDecimals ${addDecimals(balance, 6)}`;
console.log(shown);
assert.equal(shown, 'toFixedPoint 2000000 and -2000000 ; addDecimals 1999999.9');
END
node t.cjs
