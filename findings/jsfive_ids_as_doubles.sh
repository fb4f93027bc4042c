#!/bin/sh
# jsfive 0.4.2 reads whole numbers of 64 bits from HDF5 as doubles, signed or not, and says nothing about what does not fit. Two trades
# a nanosecond apart have one time, and two neighbouring order ids are equal; h5wasm reads the same file exactly, as BigInt.
# Guessed: BigInt, as h5wasm, or an error.
# Seen: jsfive 1769720000000000000 1769720000000000000 equal true ; h5wasm 1769720000000000001 1769720000000000002 equal false
# Version: jsfive 0.4.2, h5wasm 0.10.3 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts jsfive@0.4.2 h5wasm@0.10.3 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import * as h5wasm from 'h5wasm/node';
import { File } from 'jsfive';
await h5wasm.ready;
const file = new h5wasm.File('t.h5', 'w');
file.create_dataset({ name: 'times', data: new BigInt64Array([1769720000000000001n, 1769720000000000002n]) });
file.close();
const bytes = readFileSync('t.h5');
const five = [...new File(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), 't.h5').get('times').value];
const exact = [...new h5wasm.File('t.h5', 'r').get('times').value];
const show = (name, [first, second]) => `${name} ${first} ${second} equal ${first === second}`;
const shown = `${show('jsfive', five)} ; ${show('h5wasm', exact)}`;
console.log(shown);
assert.equal(shown, 'jsfive 1769720000000000000 1769720000000000000 equal true ; '
  + 'h5wasm 1769720000000000001 1769720000000000002 equal false');
END
node t.mjs
