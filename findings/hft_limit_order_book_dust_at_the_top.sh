#!/bin/sh
# hft-limit-order-book 7.0.2 subtracts sizes as doubles and takes an order for filled only at exactly 0. Of two asks of 0.1 and 0.2 a
# market order of 0.3 leaves 2.8e-17 of the second, which stays in the book as the best ask: the quote, the spread and the
# price of the next order come from an order that is not there. The level's total is 5.6e-17, another number again.
# Guessed: both asks are filled and the best ask is 101.
# Seen: filled a ; left b 2.8e-17 ; best ask 100 with 5.6e-17
# Version: hft-limit-order-book 7.0.2 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts hft-limit-order-book@7.0.2 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { OrderBook } = require('hft-limit-order-book');
const book = new OrderBook();
book.limit('sell', 'a', 0.1, 100);
book.limit('sell', 'b', 0.2, 100);
book.limit('sell', 'c', 1, 101);
const { done, partial } = book.market('buy', 0.3);
const [asks] = book.depth(), [price, size] = asks[0];
const shown = `filled ${done.map((order) => order.id).join(' ')} ; left ${partial.id} ${partial.size.toExponential(1)} ; `
  + `best ask ${price} with ${size.toExponential(1)}`;
console.log(shown);
assert.equal(shown, 'filled a ; left b 2.8e-17 ; best ask 100 with 5.6e-17');
END
node t.cjs
