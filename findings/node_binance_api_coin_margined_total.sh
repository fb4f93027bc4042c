#!/bin/sh
# node-binance-api 1.0.33: aggregate trades of Binance's coin-margined futures get a `total` of price times quantity, as those in
# USDT do. There the quantity counts contracts of 100 dollars (of 10 for other coins) and the price divides: five contracts
# at 82,000 are 500 dollars, or 0.0061 BTC, and are shown as 410,000. Turnover is 820 times too large.
# Guessed: none for the total. By its name one would say 500, or that it is left out where the contract size is not known.
# Seen: USDT: 0.005 BTC are 410 ; coin-margined: 5 contracts (500 dollars) are 410000
# Version: node-binance-api 1.0.33 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts node-binance-api@1.0.33 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import Binance from 'node-binance-api';
const binance = new (Binance.default ?? Binance)();
const trade = { e: 'aggTrade', E: 1769720000100, a: 5933014, p: '82000', f: 100, l: 105, T: 1769720000090, m: true };
const linear = binance.fAggTradeConvertData({ ...trade, s: 'BTCUSDT', q: '0.005' }).total;
const inverse = binance.dAggTradeConvertData({ ...trade, s: 'BTCUSD_PERP', q: '5' }).total;
console.log(`USDT: 0.005 BTC are ${linear} ; coin-margined: 5 contracts (500 dollars) are ${inverse}`);
assert.equal(linear, 410);
assert.equal(inverse, 410000);
process.exit(0);
END
node t.mjs
