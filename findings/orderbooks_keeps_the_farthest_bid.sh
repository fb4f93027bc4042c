#!/bin/sh
# orderbooks 1.1.14: a book cut to its maxDepth keeps the best levels on the asks, but on the bids the best less one and, in
# place of the last, the farthest bid of all. Of bids 100 to 1 with room for ten levels stay 100, 99, 98, 97 and 1; a sale of
# five coins is then estimated to fall to 1 though 96 was on offer.
# Guessed: the five best of each side, and a sale of five at 98, the mean of 100 to 96.
# Seen: asks 101 102 103 104 105 ; bids 100 99 98 97 1 ; five sold at 79
# Version: orderbooks 1.1.14 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts orderbooks@1.1.14 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { OrderBooksStore, OrderBookLevel } = require('orderbooks');
const book = new OrderBooksStore({ maxDepth: 10, checkTimestamps: false }).getBook('BTCUSDT');
const levels = [];
for (let step = 0; step < 100; ++step) {
  levels.push(OrderBookLevel('BTCUSDT', 101 + step, 'Sell', 1), OrderBookLevel('BTCUSDT', 100 - step, 'Buy', 1));
}
book.handleSnapshot(levels, 1);
book.handleDelta([], [OrderBookLevel('BTCUSDT', 101, 'Sell', 1)], [], 2);
const prices = (side) => book.getBookState().filter((level) => level[2] === side).map((level) => level[1]);
const asks = prices('Sell').reverse().join(' '), bids = prices('Buy').join(' ');
const sold = book.getEstimatedSlippage(5, 'Sell').executionPrice;
console.log(`asks ${asks} ; bids ${bids} ; five sold at ${sold}`);
assert.equal(asks, '101 102 103 104 105');
assert.equal(bids, '100 99 98 97 1');
assert.equal(sold, 79);
END
node t.cjs
