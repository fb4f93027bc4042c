#!/bin/sh
# candlestick-convert 7.0.0, bars with buy volume from trades: the first trade of every bar but the first is in `volume` and
# missing in `buyVolume`, `tx` and `buyTx`. In thin minutes the flow turns round: bars of a single buy show no buying at all.
# The same bars open at the close of the bar before, which their lows leave out: in the second and third it lies below them.
# Guessed: buyVolume = volume in each bar, since every trade is a buy; open = its first trade, 82100 and 82200.
# Seen: volume/buy/trades 5/5/1 5/0/0 5/0/0 ; open-high-low 82000-82000-82000 82000-82100-82100 82100-82200-82200
# Version: candlestick-convert 7.0.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts candlestick-convert@7.0.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { batchTradeToExtCandle, TradeSide } = require('candlestick-convert');
const start = Date.parse('2026-01-29T20:53:00Z');
const trades = [0, 1, 2, 3].map((i) => ({ time: start + i * 60000, price: 82000 + i * 100, quantity: 5, side: TradeSide.BUY }));
const bars = batchTradeToExtCandle(trades, 60);
const flow = bars.map((b) => `${b.volume}/${b.buyVolume}/${b.tx}`).join(' ');
const range = bars.map((b) => `${b.open}-${b.high}-${b.low}`).join(' ');
console.log('volume/buy/trades', flow, '; open-high-low', range);
assert.equal(flow, '5/5/1 5/0/0 5/0/0');
assert.equal(range, '82000-82000-82000 82000-82100-82100 82100-82200-82200');
END
node t.cjs
