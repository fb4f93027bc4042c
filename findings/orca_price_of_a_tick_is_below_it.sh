#!/bin/sh
# @orca-so/whirlpools-sdk 0.22.0: the tick of a tick's own price is the one below. tickIndexToPrice and back loses one for each tick
# tried, 0 and negative ones too: a range that is stored by its prices and opened again lies a tick lower each time, and a limit
# at a tick's price is asked for a tick too cheap. On a grid of 64, a bound above tick 0 comes back a whole step lower.
# Guessed: the tick itself, as the two undo each other.
# Seen: -29304 -> -29305 ; -1 -> -2 ; 0 -> -1 ; 77 -> 76 ; 56789 -> 56788 ; spacing 64: 6400 -> 6336
# Version: @orca-so/whirlpools-sdk 0.22.0, @orca-so/common-sdk 0.7.0, @coral-xyz/anchor 0.32.1 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @orca-so/whirlpools-sdk@0.22.0 \
  @orca-so/common-sdk@0.7.0 @coral-xyz/anchor@0.32.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { PriceMath } = require('@orca-so/whirlpools-sdk');
const sol = 9, usdc = 6; // Their decimals.
const back = (tick) => `${tick} -> ${PriceMath.priceToTickIndex(PriceMath.tickIndexToPrice(tick, sol, usdc), sol, usdc)}`;
const grid = (tick) => `${tick} -> ${PriceMath.priceToInitializableTickIndex(PriceMath.tickIndexToPrice(tick, sol, usdc), sol, usdc, 64)}`;
const shown = [-29304, -1, 0, 77, 56789].map(back).join(' ; ') + ` ; spacing 64: ${grid(6400)}`;
console.log(shown);
assert.equal(shown, '-29304 -> -29305 ; -1 -> -2 ; 0 -> -1 ; 77 -> 76 ; 56789 -> 56788 ; spacing 64: 6400 -> 6336');
END
node t.cjs 2>/dev/null
