#!/bin/sh
# ccxt 4.5.84: `side` of a liquidation means two things. A liquidated LONG is 'sell' at Binance (the order that
# closes it) and 'buy' at Bybit (allLiquidation names the position).
# Guessed: none before the run: docs/peers.md, row 4, told it. Of a unified structure one would say one meaning, the
# order's side.
# Seen: ccxt.version 4.5.83 a long liquidated: binance sell ; bybit buy
# Version: ccxt 4.5.84 from npm, on Node.js 20.20.2
# Date: 29 and 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ccxt@4.5.84 >/dev/null
cat > t.mjs <<'EOF'
import assert from 'node:assert';
import ccxt from 'ccxt';
const market = { id: 'BTCUSDT', symbol: 'BTC/USDT:USDT', base: 'BTC', quote: 'USDT', settle: 'USDT', type: 'swap',
  swap: true, contract: true, linear: true, contractSize: 1, precision: {} };
const binance = new ccxt.pro.binanceusdm(), bybit = new ccxt.pro.bybit();
binance.setMarkets([market]);
bybit.setMarkets([market]);
const a = binance.parseWsLiquidation({ s: 'BTCUSDT', S: 'SELL', o: 'LIMIT', f: 'IOC', q: '1', p: '82000', ap: '82100',
  X: 'FILLED', l: '1', z: '1', T: 1769720000100 }, market);
const b = bybit.parseWsLiquidation({ T: 1769720000100, s: 'BTCUSDT', S: 'Buy', v: '1', p: '82000' }, market);
console.log('ccxt.version', ccxt.version, 'a long liquidated: binance', a.side, '; bybit', b.side);
assert.equal(a.side, 'sell');
assert.equal(b.side, 'buy');
EOF
node t.mjs
