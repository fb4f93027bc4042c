#!/bin/sh
# npm's binance 3.6.5, futures order book with `beautify`: `finalUpdateId` is `pu`, the last id of the message BEFORE. Binance
# calls `u` the "final update ID in event"; that one is named lastUpdateId. With a snapshot of id 155 the message of ids
# 150 to 160 is the first to apply; by finalUpdateId it is dropped as too old, and the book starts with a hole.
# Guessed: 160 (`u`), and a name with "previous" for 149.
# Seen: finalUpdateId 149 lastUpdateId 160 ; kept after a snapshot of 155: false, by lastUpdateId true
# Version: binance 3.6.5 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts binance@3.6.5 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { default: Beautifier } = require('./node_modules/binance/lib/util/beautifier.js');
const message = { e: 'depthUpdate', E: 1769720000100, T: 1769720000099, s: 'BTCUSDT', U: 150, u: 160, pu: 149,
  b: [['82000.1', '0']], a: [['82000.2', '1.5']] };
const one = new Beautifier({ warnKeyMissingInMap: false }).beautifyWsMessage(message, 'depthUpdate', false);
const snapshot = 155, kept = one.finalUpdateId >= snapshot, rightly = one.lastUpdateId >= snapshot;
console.log('finalUpdateId', one.finalUpdateId, 'lastUpdateId', one.lastUpdateId, '; kept after a snapshot of 155:', kept + ',',
  'by lastUpdateId', rightly);
assert.deepEqual([one.finalUpdateId, one.lastUpdateId, kept, rightly], [149, 160, false, true]);
END
node t.cjs
