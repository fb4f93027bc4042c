#!/bin/sh
# h5wasm 0.10.3: a list of whole numbers without a dtype becomes a dataset of 32 bits, whatever is in it. Times in milliseconds and
# sizes over 2,147,483,647 are wrapped round and written without an error; a list with one fraction in it is kept as doubles.
# A tape's times come back as moments of January 1970, some before it.
# Guessed: 64 bits, doubles as for the fractions, or an error.
# Seen: 1769720000123 as <i 193474171 ; 3000000000 as <i -1294967296 ; with a fraction: <d 1769720000123 0.5
# Version: h5wasm 0.10.3 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts h5wasm@0.10.3 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { File, ready } from 'h5wasm/node';
await ready;
const lists = { time: [1769720000123], size: [3000000000], fraction: [1769720000123, 0.5] };
const file = new File('tape.h5', 'w');
for (const [name, data] of Object.entries(lists)) file.create_dataset({ name, data });
file.close();
const tape = new File('tape.h5', 'r'), shown = Object.keys(lists).map((name) => `${tape.get(name).dtype} ${[...tape.get(name).value].join(' ')}`);
tape.close();
console.log(`1769720000123 as ${shown[0]} ; 3000000000 as ${shown[1]} ; with a fraction: ${shown[2]}`);
assert.deepEqual(shown.slice(1), ['<i -1294967296', '<d 1769720000123 0.5']);
assert.match(shown[0], /^<i /);
END
node t.mjs
