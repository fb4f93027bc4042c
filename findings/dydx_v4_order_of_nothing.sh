#!/bin/sh
# @dydxprotocol/v4-client-js 3.6.0: a size below the market's step is raised to the step, so that what is left of a position, 0.00003
# BTC, is sold as 0.0001, and an order of 0 is one of 8 dollars. A price is cut to the tick below for both sides: a sale at no less
# than 82,000.90 is offered at 82,000.
# Guessed: 0 or an error below the step, and 82,001 for the sale.
# Seen: sizes 0.001: 0.001 ; 0.00003: 0.0001 ; 0: 0.0001 ; price 82000.9: 82000
# Version: @dydxprotocol/v4-client-js 3.6.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @dydxprotocol/v4-client-js@3.6.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { dirname, join } = require('node:path');
const { calculateQuantums, calculateSubticks } =
  require(join(dirname(require.resolve('@dydxprotocol/v4-client-js')), 'clients/helpers/chain-helpers.js'));
// A market in BTC with steps of 0.0001 and ticks of 1 dollar: 1e10 quantums a coin, 100000 subticks a tick.
const size = (coins) => calculateQuantums(coins, -10, 1000000).toNumber() / 1e10;
const price = (dollars) => calculateSubticks(dollars, -10, -9, 100000).toNumber() / 1e5;
console.log('sizes 0.001:', size(0.001), '; 0.00003:', size(0.00003), '; 0:', size(0), '; price 82000.9:', price(82000.9));
assert.deepEqual([0.001, 0.00003, 0].map(size), [0.001, 0.0001, 0.0001]);
assert.equal(price(82000.9), 82000);
END
node t.cjs
