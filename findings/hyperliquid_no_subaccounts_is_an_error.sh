#!/bin/sh
# npm's hyperliquid 1.7.7 takes the answer null for a failed request. Hyperliquid answers null where an account has no
# subaccounts (and where a vault does not exist): getSubAccounts throws for whoever has none, with a code of its own that says the
# request could not be set up, so a caller cannot tell "none" from a broken connection. An empty list is passed on.
# Guessed: null, or no subaccounts.
# Seen: null: REQUEST_SETUP_ERROR Received null or undefined response data ; []: 0 subaccounts
# Version: hyperliquid 1.7.7 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts hyperliquid@1.7.7 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const http = require('node:http');
const { Hyperliquid } = require('hyperliquid');
let answer = 'null';
const venue = http.createServer((q, a) => q.resume().on('end', () => a.setHeader('content-type', 'application/json').end(answer)));
venue.listen(0, '127.0.0.1', async () => {
  const { info } = new Hyperliquid({ enableWs: false, disableAssetMapRefresh: true });
  info.generalAPI.httpApi.client.defaults.baseURL = `http://127.0.0.1:${venue.address().port}`;
  info.generalAPI.symbolConversion = { convertResponse: async (x) => x, convertSymbolsInObject: async (x) => x };
  const user = '0xb723e90c11ccd2217fcc8edd188f915e71b6a9e5';
  const asked = () => info.getSubAccounts(user, true).then((x) => `${x.length} subaccounts`, (e) => `${e.code} ${e.message}`);
  const none = await asked();
  answer = '[]';
  const empty = await asked();
  console.log(`null: ${none} ; []: ${empty}`);
  assert.equal(none, 'REQUEST_SETUP_ERROR Received null or undefined response data');
  assert.equal(empty, '0 subaccounts');
  process.exit(0);
});
END
node t.cjs
