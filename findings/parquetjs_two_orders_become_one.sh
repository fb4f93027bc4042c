#!/bin/sh
# parquetjs 0.11.2: an INT64 column takes a BigInt and stores what is left of it as a double. Two order ids of 19 digits that
# differ in the last are one id in the file. Each write puts a line of "Assertion failed" on the error stream and goes on;
# nothing is thrown and the file is whole. The reader here, hyparquet, keeps 64 bits.
# Guessed: the ids as they were given, or an error: a BigInt says that a double will not do.
# Seen: written 2510789768709120001 2510789768709120002 ; in the file 2510789768709120000 2510789768709120000
# Version: parquetjs 0.11.2, hyparquet 1.31.5 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts parquetjs@0.11.2 hyparquet@1.31.5 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import parquet from 'parquetjs';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
const ids = [2510789768709120001n, 2510789768709120002n];
const writer = await parquet.ParquetWriter.openFile(new parquet.ParquetSchema({ id: { type: 'INT64' } }), 'orders.parquet');
for (const id of ids) await writer.appendRow({ id });
await writer.close();
const rows = await parquetReadObjects({ file: await asyncBufferFromFile('orders.parquet') });
console.log('written', ids.join(' '), '; in the file', rows.map((row) => row.id).join(' '));
assert.deepEqual(rows.map((row) => row.id), [2510789768709120000n, 2510789768709120000n]);
END
node t.mjs
