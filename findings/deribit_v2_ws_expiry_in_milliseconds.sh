#!/bin/sh
# npm's deribit-v2-ws 0.0.3 sets its timer for the next access token as if expires_in were milliseconds. Deribit documents
# seconds: a token of a year is renewed after 8 hours and 36 minutes, 1019 times too early, and one of a day (86,400) gives a
# negative delay, which means at once.
# Guessed: a renewal ten minutes before the token ends.
# Seen: 31536000 s: renewed after 30936 s, not 31535400 ; 86400 s: renewed after -514 s, not 85800
# Version: deribit-v2-ws 0.0.3 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts deribit-v2-ws@0.0.3 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const Module = require('node:module');
// A venue that answers at once; the timers that the library sets are noted and never run.
let lives = 0;
class Venue {
  constructor() { setImmediate(() => this.onopen()); }
  send(text) {
    const { id, method } = JSON.parse(text);
    const result = method === 'public/auth' ? { access_token: 'a', refresh_token: 'r', expires_in: lives, token_type: 'bearer' } : 'ok';
    setImmediate(() => this.onmessage({ data: JSON.stringify({ jsonrpc: '2.0', id, result }) }));
  }
}
Venue.OPEN = 1;
const load = Module._load;
Module._load = (name, ...rest) => (name === 'ws' ? Venue : load(name, ...rest));
const after = [];
globalThis.setTimeout = (f, ms) => { after.push(ms); return 0; };
const deribit = require('deribit-v2-ws');
(async () => {
  await deribit.connect();
  const shown = [];
  for (lives of [31536000, 86400]) {
    await deribit.authenticate('K', 'S');
    shown.push([lives, after.at(-1) / 1000, lives - 600]);
  }
  console.log(shown.map(([life, is, wanted]) => `${life} s: renewed after ${Math.round(is)} s, not ${wanted}`).join(' ; '));
  assert.deepEqual(shown.map((x) => x[1]), [30936, -513.6]);
  process.exit(0);
})();
END
node t.cjs
