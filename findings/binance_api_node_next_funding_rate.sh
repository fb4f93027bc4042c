#!/bin/sh
# binance-api-node 0.13.10, futures mark price stream: `nextFundingRate` holds the TIME of the next funding (Binance's `T`), in
# milliseconds. As a rate it is a payment of 1.7 million million times the position; a monitor that draws or limits "the
# next rate" is off the scale at once, and one that looks for the funding time finds none.
# Guessed: nextFundingTime beside fundingRate, and no next rate, since Binance sends none.
# Seen: fundingRate 0.00038167 nextFundingRate 1769731200000 nextFundingTime undefined
# Version: binance-api-node 0.13.10 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts binance-api-node@0.13.10 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const lib = `${process.cwd()}/node_modules/binance-api-node/dist`;
let socket; // The client's own reader gets Binance's message from here; nothing is opened.
require.cache[`${lib}/open-websocket.js`] = { id: 'socket', loaded: true, exports: { __esModule: true,
  default: function () { socket = { close() {} }; return socket; } } };
const client = require(`${lib}/index.js`).default();
client.ws.futuresMarkPrice('BTCUSDT', ({ fundingRate, nextFundingRate, nextFundingTime }) => {
  console.log(`fundingRate ${fundingRate} nextFundingRate ${nextFundingRate} nextFundingTime ${nextFundingTime}`);
  assert.equal(fundingRate, '0.00038167');
  assert.equal(nextFundingRate, 1769731200000);
  assert.equal(nextFundingTime, undefined);
});
socket.onmessage({ data: JSON.stringify({ e: 'markPriceUpdate', E: 1769720000000, s: 'BTCUSDT', p: '82010.15', i: '82000.62',
  P: '82000.25', r: '0.00038167', T: 1769731200000 }) });
END
node t.cjs | tee out; grep -q nextFundingRate out
