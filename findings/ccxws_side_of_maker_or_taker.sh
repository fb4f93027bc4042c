#!/bin/sh
# ccxws 0.47.0: `side` of a trade is the maker's, says its README, and so it is from Binance and Coinbase. Deribit and BitMEX state the
# taker's, and that is handed on as it is. Of one event, a market order to sell, two venues say buy and two say sell; a sum of
# bought less sold over venues, or who was taker when liquidations ran, comes out of both.
# Guessed: sell four times, the taker's side, as most venues state it.
# Seen: Binance futures buy ; Coinbase buy ; Deribit sell ; BitMEX sell
# Version: ccxws 0.47.0 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ccxws@0.47.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { BinanceFuturesUsdtmClient, BitmexClient, CoinbaseProClient, DeribitClient } = require('ccxws');
const side = (Client, id, message) => {
  const client = new Client();
  client._connect = () => {}; // Nothing is sent; the venue's message is handed over below.
  client._wss = { send() {}, isConnected: true };
  let seen;
  client.on('trade', (trade) => { seen = trade.side; });
  client.subscribeTrades({ id, base: 'BTC', quote: 'USD' });
  client._onMessage(JSON.stringify(message));
  return seen;
};
// A taker sells one unit into a resting bid. Binance: `m`, the buyer was the maker. Coinbase: `side` is the maker order's.
const binance = { stream: 'btcusdt@aggTrade', data: { e: 'aggTrade', E: 1769720000123, a: 5, s: 'BTCUSDT', p: '82000.50', q: '1',
  f: 1, l: 1, T: 1769720000120, m: true } };
const coinbase = { type: 'match', trade_id: 1, maker_order_id: 'a', taker_order_id: 'b', side: 'buy', size: '1', price: '82000.50',
  product_id: 'BTC-USD', sequence: 1, time: '2026-01-30T00:00:00.000000Z' };
// Deribit: `direction` is the taker's. BitMEX: `side` is the taker's.
const deribit = { jsonrpc: '2.0', method: 'subscription', params: { channel: 'trades.BTC-PERPETUAL.raw', data: [{ trade_seq: 1,
  trade_id: '5', timestamp: 1769720000123, tick_direction: 2, price: 82000.5, mark_price: 82000, index_price: 82000,
  instrument_name: 'BTC-PERPETUAL', direction: 'sell', amount: 100 }] } };
const bitmex = { table: 'trade', action: 'insert', data: [{ timestamp: '2026-01-30T00:00:00.123Z', symbol: 'XBTUSD', side: 'Sell',
  size: 100, price: 82000.5, tickDirection: 'MinusTick', trdMatchID: 'a' }] };
const shown = [
  `Binance futures ${side(BinanceFuturesUsdtmClient, 'BTCUSDT', binance)}`, `Coinbase ${side(CoinbaseProClient, 'BTC-USD', coinbase)}`,
  `Deribit ${side(DeribitClient, 'BTC-PERPETUAL', deribit)}`, `BitMEX ${side(BitmexClient, 'XBTUSD', bitmex)}`,
].join(' ; ');
console.log(shown);
assert.equal(shown, 'Binance futures buy ; Coinbase buy ; Deribit sell ; BitMEX sell');
process.exit(0);
END
node t.cjs
