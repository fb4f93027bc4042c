#!/bin/sh
# tardis-dev 13.35.3: the first message is dropped by two mappers, whatever it holds: Hyperliquid trades (of each
# coin) and OKX liquidation-orders. On a short recording the first liquidation of the day is missing.
# Guessed: none before the run: docs/peers.md, rows 1 and 21, told it. By what a mapper is for one would say 1 and 1,
# twice.
# Seen: trades 0 then 1 ; liquidations 0 then 1
# Version: tardis-dev 13.35.3 from npm, on Node.js 20.20.2
# Date: 29 and 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts tardis-dev@13.35.3 >/dev/null
cat > t.mjs <<'EOF'
import assert from 'node:assert';
import okx from './node_modules/tardis-dev/dist/mappers/okex.js';
import hyperliquid from './node_modules/tardis-dev/dist/mappers/hyperliquid.js';
const at = new Date('2026-01-29T20:53:21Z'), rows = (mapper, message) => [...(mapper.map(message, at) ?? [])].length;
const trade = (tid) => ({ channel: 'trades', data: [{ coin: 'BTC', side: 'B', px: '82000', sz: '0.1', time: 1769720000100, tid,
  hash: '0x0', users: ['0x0000000000000000000000000000000000000001', '0x0000000000000000000000000000000000000002'] }] });
const forced = (ts) => ({ arg: { channel: 'liquidation-orders', instType: 'SWAP' }, data: [{ instFamily: 'BTC-USDT',
  instId: 'BTC-USDT-SWAP', instType: 'SWAP', uly: 'BTC-USDT',
  details: [{ bkLoss: '0', bkPx: '82000', ccy: '', posSide: 'long', side: 'sell', sz: '3', ts }] }] });
const trades = new hyperliquid.HyperliquidTradesMapper(), liquidations = new okx.OkexV5LiquidationsMapper('okex-swap');
const seen = [rows(trades, trade(1)), rows(trades, trade(2)), rows(liquidations, forced('1769720000100')),
  rows(liquidations, forced('1769720000200'))];
console.log('trades', seen[0], 'then', seen[1], '; liquidations', seen[2], 'then', seen[3]);
assert.deepEqual(seen, [0, 1, 0, 1]);
EOF
node t.mjs
