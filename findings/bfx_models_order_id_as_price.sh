#!/bin/sh
# bfx-api-node-models 2.1.3, raw book (R0, one row an order): getEntry finds the order by its price and then names its fields as if
# the row were a price level. The order's id comes out as the price and the price as the count of orders; toJS of the same
# book names them right.
# Guessed: orderID 34006738527, price 8744.9 and amount 0.25, as toJS has it.
# Seen: getEntry(8744.9): price 34006738527 count 8744.9 amount 0.25 ; toJS: orderID 34006738527 price 8744.9 amount 0.25
# Version: bfx-api-node-models 2.1.3 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts bfx-api-node-models@2.1.3 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { OrderBook } = require('bfx-api-node-models');
const book = new OrderBook([[34006738527, 8744.9, 0.25], [34005496171, 8745.1, -1.5]], true);
const text = (entry) => Object.entries(entry).map(([name, value]) => `${name} ${value}`).join(' ');
const one = text(book.getEntry(8744.9)), right = text(book.toJS().bids[0]);
console.log(`getEntry(8744.9): ${one} ; toJS: ${right}`);
assert.equal(one, 'price 34006738527 count 8744.9 amount 0.25');
assert.equal(right, 'orderID 34006738527 price 8744.9 amount 0.25');
END
node t.cjs
