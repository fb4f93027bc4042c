#!/bin/sh
# npm's hyperliquid 1.7.7: subscribeToUserEvents waits for a channel by the name of the subscription, userEvents. The venue
# answers that subscription on the channel "user" (its own Python SDK maps the one to the other), so the callback is never
# called: no fill, funding or liquidation arrives, and nothing is said. userFills, where both names are one, arrives.
# Guessed: what is subscribed to arrives, on the channel that the venue documents.
# Seen: on channel user 0 events, on channel userEvents 1, on channel userFills 1
# Version: hyperliquid 1.7.7 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts hyperliquid@1.7.7 ws@8.23.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const print = console.log;
console.log = () => {}; // The library prints which WebSocket it found.
const { Hyperliquid } = require('hyperliquid');
const { ws, subscriptions } = new Hyperliquid({ enableWs: true, disableAssetMapRefresh: true });
subscriptions.symbolConversion = { convertSymbolsInObject: async (x) => x }; // Names are kept: nothing is opened.
ws.sendMessage = () => {};
const user = '0xb723e90c11ccd2217fcc8edd188f915e71b6a9e5';
const fill = { coin: 'BTC', px: '83944.0', sz: '0.3', side: 'B', time: 1796064223000, oid: 6, tid: 831, fee: '11.33244' };
(async () => {
  let events = 0, fills = 0;
  await subscriptions.subscribeToUserEvents(user, () => events++);
  await subscriptions.subscribeToUserFills(user, () => fills++);
  const say = async (channel, data) => { ws.emit('message', { channel, data }); await new Promise((r) => setTimeout(r, 20)); };
  await say('user', { fills: [fill] });
  const documented = events;
  await say('userEvents', { fills: [fill] });
  await say('userFills', { user, isSnapshot: false, fills: [fill] });
  print(`on channel user ${documented} events, on channel userEvents ${events - documented}, on channel userFills ${fills}`);
  assert.equal(documented, 0);
  assert.equal(events, 1);
  assert.equal(fills, 1);
  process.exit(0);
})();
END
node t.cjs
