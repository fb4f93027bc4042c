#!/bin/sh
# ccxt 4.5.84, Binance forceOrder: `contracts` is `l`, what the last fill took, beside `ap`, the mean price of all
# fills. An order of 10 BTC filled in several steps is shown as 0.014 BTC.
# Guessed: none before the run: docs/peers.md, row 2, told it. By ccxt's structure one would say 10, all that was
# filled (`z`).
# Seen: ccxt.version 4.5.83 contracts 0.014 at 82500 ; filled in all 10.000 at 82500
# Version: ccxt 4.5.84 from npm, on Node.js 20.20.2
# Date: 29 and 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ccxt@4.5.84 >/dev/null
cat > t.mjs <<'EOF'
import assert from 'node:assert';
import ccxt from 'ccxt';
const binance = new ccxt.pro.binanceusdm();
const market = { id: 'BTCUSDT', symbol: 'BTC/USDT:USDT', base: 'BTC', quote: 'USDT', settle: 'USDT', type: 'swap',
  swap: true, contract: true, linear: true, contractSize: 1, precision: {} };
binance.setMarkets([market]);
const one = binance.parseWsLiquidation({ s: 'BTCUSDT', S: 'SELL', o: 'LIMIT', f: 'IOC', q: '10.000', p: '82000',
  ap: '82500', X: 'FILLED', l: '0.014', z: '10.000', T: 1769720000100 }, market);
console.log('ccxt.version', ccxt.version, 'contracts', one.contracts, 'at', one.price, '; filled in all 10.000 at 82500');
assert.equal(one.contracts, 0.014);
assert.equal(one.price, 82500);
EOF
node t.mjs
