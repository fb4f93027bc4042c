#!/bin/sh
# nodejs-order-book 10.1.1: a snapshot keeps the stop orders but not the last price. After a restart from it the last price is
# 0, and a stop to sell at 95 stays asleep while the market trades at 90 and then at 80. The book that was not restarted
# sells with the first of these trades.
# Guessed: none before the first run. By the README ("restoring the order book to a previous state", `stopBook` in the
# snapshot) one would say the same in both.
# Seen: live: last 100, triggered 1 ; restored: last 0, triggered 0
# Version: nodejs-order-book 10.1.1 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts nodejs-order-book@10.1.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { OrderBook } = require('nodejs-order-book');
const book = () => {
  const ob = new OrderBook();
  ob.limit({ id: 'ask', side: 'sell', size: 1, price: 100 });
  ob.limit({ id: 'bid', side: 'buy', size: 1, price: 90 });
  ob.limit({ id: 'deep', side: 'buy', size: 9, price: 80 });
  ob.market({ side: 'buy', size: 0.5 });
  assert.equal(ob.stopMarket({ side: 'sell', size: 1, stopPrice: 95 }).err, null);
  return ob;
};
const fall = (ob) => {
  const last = ob.marketPrice, sold = [0.5, 0.5, 1].map((size) => ob.market({ side: 'sell', size }).activated?.length ?? 0);
  return `last ${last}, triggered ${sold.reduce((sum, n) => sum + n)}`;
};
const live = fall(book()), restored = fall(new OrderBook({ snapshot: JSON.parse(JSON.stringify(book().snapshot())) }));
console.log('live:', live, '; restored:', restored);
assert.equal(live, 'last 100, triggered 1');
assert.equal(restored, 'last 0, triggered 0');
END
node t.cjs
