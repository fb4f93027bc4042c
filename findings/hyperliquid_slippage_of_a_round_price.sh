#!/bin/sh
# npm's hyperliquid 1.7.7: marketOpen takes the number of decimals for its limit from the text of the price at hand, less one. A
# price that happens to be round loses them all: at 0.15 the "5 %" are 33 %, and at 0.90 a sale is limited to 1, above the
# market, where it cannot fill. The same coin a tick later, at 0.1503, is right.
# Guessed: 5 % from the price, to a tick, whatever digits it ends in.
# Seen: 0.15: buy 0.2 (33.3 %) sell 0.1 (-33.3 %) ; 0.1503: buy 0.158 (5.1 %) sell 0.143 (-4.9 %) ; 0.9: buy 1 (11.1 %) sell 1 (11.1 %)
# Version: hyperliquid 1.7.7 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts hyperliquid@1.7.7 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { Hyperliquid } = require('hyperliquid');
const { custom } = new Hyperliquid({ enableWs: false, disableAssetMapRefresh: true });
custom.symbolConversion = { convertSymbol: async (name) => name }; // The coin's name is kept: nothing is opened.
const print = console.log;
console.log = () => {}; // The library prints its decimals.
const away = async (price, buys) => {
  const limit = await custom.getSlippagePrice('XYZ-PERP', buys, 0.05, price);
  return `${buys ? 'buy' : 'sell'} ${limit} (${((limit / price - 1) * 100).toFixed(1)} %)`;
};
(async () => {
  const shown = [];
  for (const price of [0.15, 0.1503, 0.9]) shown.push(`${price}: ${await away(price, true)} ${await away(price, false)}`);
  print(shown.join(' ; '));
  assert.equal(shown[0], '0.15: buy 0.2 (33.3 %) sell 0.1 (-33.3 %)');
  assert.equal(shown[2], '0.9: buy 1 (11.1 %) sell 1 (11.1 %)');
})();
END
node t.cjs
