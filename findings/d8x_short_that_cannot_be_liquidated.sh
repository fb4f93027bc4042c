#!/bin/sh
# @d8x/perpetuals-sdk 2.7.5: a coin-margined short with more coins as margin than it sold cannot be liquidated at any price. Its
# calculateLiquidationPriceCollateralBase says -546,667: below every mark, and a short is liquidated when the mark is ABOVE. A
# monitor that compares the two reports the safest position of the book as overdue.
# Guessed: Infinity, or nothing.
# Seen: margin 0.5 BTC: 149090.91, overdue at 82000: false ; margin 1.2 BTC: -546666.67, overdue at 82000: true
# Version: @d8x/perpetuals-sdk 2.7.5 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @d8x/perpetuals-sdk@2.7.5 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { calculateLiquidationPriceCollateralBase: price } = require('./node_modules/@d8x/perpetuals-sdk/dist/cjs/d8XMath.js');
const short = (margin) => { // One BTC sold at 82,000; maintenance margin of 5 %.
  const at = price(-82000, -1, margin, 0.05);
  const equity = (mark) => margin * mark + 82000 - mark - 0.05 * mark;
  assert.ok(margin < 1.05 ? Math.abs(equity(at)) < 1e-6 : equity(1e9) > 0);
  return `margin ${margin} BTC: ${at.toFixed(2)}, overdue at 82000: ${82000 >= at}`;
};
const shown = `${short(0.5)} ; ${short(1.2)}`;
console.log(shown);
assert.equal(shown, 'margin 0.5 BTC: 149090.91, overdue at 82000: false ; ' +
  'margin 1.2 BTC: -546666.67, overdue at 82000: true');
END
node t.cjs
