#!/bin/sh
# @thanpolas/univ3prices 3.0.2: tickPrice drops the sign of the tick, and which of the two tokens has more decimals. A tick of 1000 and
# one of -1000 have the same price, 1.10517; of one state of a pool, the price by its tick is the inverse of the price by its
# square root whenever the tick is above 0 and the decimals are equal. The README offers the two as the same thing.
# Guessed: for -1000 the inverse of the price for 1000, and each as by the square root.
# Seen: tick 1000: 1.10517 by root 0.90484 ; tick -1000: 1.10517 by root 1.10517
# Version: @thanpolas/univ3prices 3.0.2 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @thanpolas/univ3prices@3.0.2 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { tickMath, tickPrice, sqrtPrice } = require('@thanpolas/univ3prices');
const decimals = ['18', '18'];
const both = (tick) => `tick ${tick}: ${(+tickPrice(decimals, tick).toAuto()).toFixed(5)} by root `
  + (+sqrtPrice(decimals, tickMath.getSqrtRatioAtTick(tick)).toAuto()).toFixed(5);
const shown = `${both(1000)} ; ${both(-1000)}`;
console.log(shown);
assert.equal(shown, 'tick 1000: 1.10517 by root 0.90484 ; tick -1000: 1.10517 by root 1.10517');
END
node t.cjs
