#!/bin/sh
# msgpackr 2.1.4 and msgpack-lite 0.2.2 write a whole number from 2^32 on as a double (cb), so every time in milliseconds.
# Hyperliquid hashes the packed action with integers (cf): a scheduleCancel, the dead man's switch, that is signed over
# these bytes recovers to an address that is not the desk's, and is refused. Orders, with small numbers, pass.
# (msgpackr's fixed map header is an option in its README, set here as a signer needs it. The doubles are not in it.)
# Guessed: the bytes of @msgpack/msgpack from all three, for times as for small numbers.
# Seen: @msgpack/msgpack cf0000019c0b882e64 ; msgpackr cb4279c0b882e64000 ; msgpack-lite cb4279c0b882e64000
# Version: msgpackr 2.1.4, msgpack-lite 0.2.2, @msgpack/msgpack 3.1.3 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts msgpackr@2.1.4 msgpack-lite@0.2.2 @msgpack/msgpack@3.1.3 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const packr = new (require('msgpackr').Packr)({ useRecords: false, variableMapSize: true });
const by = { '@msgpack/msgpack': require('@msgpack/msgpack').encode, msgpackr: (x) => packr.pack(x),
  'msgpack-lite': require('msgpack-lite').encode };
const packed = (action) => Object.entries(by).map(([name, pack]) => [name, Buffer.from(pack(action)).toString('hex')]);
const small = packed({ type: 'cancel', cancels: [{ a: 0, o: 4294967295 }] });
const time = packed({ type: 'scheduleCancel', time: 1769720000100 }).map(([name, hex]) => name + ' ' + hex.slice(-18));
console.log(time.join(' ; '));
assert.equal(new Set(small.map(([, hex]) => hex)).size, 1);
assert.deepEqual(time, ['@msgpack/msgpack cf0000019c0b882e64', 'msgpackr cb4279c0b882e64000',
  'msgpack-lite cb4279c0b882e64000']);
END
node t.cjs
