#!/bin/sh
# pmxt-core 2.41.0, Kalshi: an order and a fill take their `side` from the outcome (yes or no) and not from Kalshi's `action`,
# which says buy or sell. Who sells the YES that he holds sees a purchase, of the order as of its fill: a position kept from
# such fills grows where it shrinks.
# Guessed: none before the run: its source told it. Of a unified `side` one would say sell, sell, buy.
# Seen: sell yes: order buy, fill buy ; sell no: order sell, fill sell ; buy no: order sell, fill sell
# Version: pmxt-core 2.41.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm pack --silent pmxt-core@2.41.0 >/dev/null; tar -xzf pmxt-core-2.41.0.tgz
cat > t.cjs <<'END'
const assert = require('node:assert');
const { KalshiNormalizer } = require('./package/dist/exchanges/kalshi/normalizer.js');
const one = new KalshiNormalizer();
const both = (action, side) => {
  const order = one.normalizeOrder({ order_id: 'a', ticker: 'KXBTC', side, action, type: 'limit', yes_price: 60, no_price: 40, count: 10,
    remaining_count: 4, status: 'resting', created_time: '2026-01-29T20:53:00Z' });
  const fill = one.normalizeUserTrade({ fill_id: 'f', order_id: 'a', ticker: 'KXBTC', side, action, yes_price_dollars: '0.6000',
    count_fp: '6.00', created_time: '2026-01-29T20:53:00Z' });
  return `${action} ${side}: order ${order.side}, fill ${fill.side}`;
};
const shown = [both('sell', 'yes'), both('sell', 'no'), both('buy', 'no')].join(' ; ');
console.log(shown);
assert.equal(shown, 'sell yes: order buy, fill buy ; sell no: order sell, fill sell ; buy no: order sell, fill sell');
END
node t.cjs
