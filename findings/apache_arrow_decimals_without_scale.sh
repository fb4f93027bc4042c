#!/bin/sh
# apache-arrow 21.2.0: a decimal comes out of a table without its scale, as text and as a number. From a Parquet file that DuckDB
# wrote, a funding rate of 0.00038167 is "38167", a price of 82000.1234 is "820001234" and -1.5 is "-15000": off by 10 to
# the column's own power, so that a price over a size is wrong by another factor again. The schema knows the scale.
# Guessed: 0.00038167, 82000.1234 and -1.5, at least as text.
# Seen: Decimal[18e+8] 38167 ; Decimal[9e+4] 820001234 ; Decimal[9e+4] -15000 ; as numbers 38167 820001234 -15000
# Version: apache-arrow 21.2.0, parquet-wasm 0.8.0, @duckdb/node-api 1.5.6-r.1 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts apache-arrow@21.2.0 parquet-wasm@0.8.0 \
  @duckdb/node-api@1.5.6-r.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { tableFromIPC } = require('apache-arrow');
const { readParquet } = require('parquet-wasm');
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const database = await (await DuckDBInstance.create(':memory:')).connect();
  await database.run(`copy (select 0.00038167::decimal(18, 8) rate, 82000.1234::decimal(9, 4) price, -1.5::decimal(9, 4) loss)
    to 'rates.parquet' (format parquet)`);
  const table = tableFromIPC(readParquet(new Uint8Array(readFileSync('rates.parquet'))).intoIPCStream());
  const row = table.get(0), fields = table.schema.fields;
  const texts = fields.map(({ name, type }) => `${type} ${row[name]}`).join(' ; ');
  const numbers = fields.map(({ name }) => Number(row[name]));
  console.log(texts, '; as numbers', ...numbers);
  assert.equal(texts, 'Decimal[18e+8] 38167 ; Decimal[9e+4] 820001234 ; Decimal[9e+4] -15000');
  assert.deepEqual(numbers, [38167, 820001234, -15000]);
})();
END
node t.cjs
