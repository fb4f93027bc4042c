#!/bin/sh
# ccxt 4.5.84, Hyperliquid positions: `percentage` loses its sign. A long 8,000 USDC under water on 8,200 of margin
# shows +97.56 %.
# Guessed: none before the run: the note under docs/peers.md told it. By its name one would say -97.56, with
# unrealizedPnl's sign.
# Seen: ccxt.version 4.5.83 unrealizedPnl -8000 percentage 97.56
# Version: ccxt 4.5.84 from npm, on Node.js 20.20.2
# Date: 29 and 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ccxt@4.5.84 >/dev/null
cat > t.mjs <<'EOF'
import assert from 'node:assert';
import ccxt from 'ccxt';
const venue = new ccxt.hyperliquid();
const market = { id: '0', baseName: 'BTC', symbol: 'BTC/USDC:USDC', base: 'BTC', quote: 'USDC', settle: 'USDC',
  type: 'swap', swap: true, contract: true, linear: true, contractSize: 1, precision: {} };
venue.setMarkets([market]);
const none = { allTime: '0', sinceChange: '0', sinceOpen: '0' };
const one = venue.parsePosition({ type: 'oneWay', position: { coin: 'BTC', cumFunding: none, entryPx: '90000',
  leverage: { type: 'cross', value: 10 }, liquidationPx: '70000', marginUsed: '8200', maxLeverage: 40,
  positionValue: '82000', returnOnEquity: '-0.89', szi: '1', unrealizedPnl: '-8000' } }, market);
console.log('ccxt.version', ccxt.version, 'unrealizedPnl', one.unrealizedPnl, 'percentage', one.percentage.toFixed(2));
assert.equal(one.unrealizedPnl, -8000);
assert.ok(one.percentage > 97);
EOF
node t.mjs
