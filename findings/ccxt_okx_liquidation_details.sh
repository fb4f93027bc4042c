#!/bin/sh
# ccxt 4.5.84, OKX liquidations on its WebSocket: a row with two forced orders in `details` becomes one liquidation,
# the first; the other is nowhere but in `info`. contractSize is undefined though the market states it.
# Guessed: two liquidations, each with the market's contractSize; docs/peers.md, row 1, told of the first half.
# Seen: ccxt.version 4.5.83 contracts 3 of 3 and 500 ; contractSize undefined ; baseValue undefined
# Version: ccxt 4.5.84 from npm, on Node.js 20.20.2
# Date: 29 and 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ccxt@4.5.84 >/dev/null
cat > t.mjs <<'EOF'
import assert from 'node:assert';
import ccxt from 'ccxt';
const okx = new ccxt.pro.okx();
okx.setMarkets([{ id: 'BTC-USDT-SWAP', symbol: 'BTC/USDT:USDT', base: 'BTC', quote: 'USDT', settle: 'USDT',
  type: 'swap', swap: true, contract: true, linear: true, contractSize: 0.01, precision: {} }]);
const forced = (sz, ts) => ({ bkLoss: '0', bkPx: '82000', ccy: '', posSide: 'long', side: 'sell', sz, ts });
const row = { instFamily: 'BTC-USDT', instId: 'BTC-USDT-SWAP', instType: 'SWAP', uly: 'BTC-USDT',
  details: [forced('3', '1769720000100'), forced('500', '1769720000200')] };
const one = okx.parseWsLiquidation(row);
console.log('ccxt.version', ccxt.version, 'contracts', one.contracts, 'of', row.details.map((d) => d.sz).join(' and '),
  '; contractSize', one.contractSize, '; baseValue', one.baseValue);
assert.equal(Array.isArray(one), false);
assert.equal(one.contracts, 3);
assert.equal(one.contractSize, undefined);
EOF
node t.mjs
