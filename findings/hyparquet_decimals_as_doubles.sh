#!/bin/sh
# hyparquet 1.31.5: a Parquet DECIMAL, which a venue's file has so that nothing is lost, becomes a double, and a time in nanoseconds a
# Date of milliseconds. Balances of 9,999,999,999,999,999.99 and of a cent more are one number, and 18 decimals of a token end after
# 9. BIGINT columns of the same file come as exact BigInt, so that only the money is rounded.
# Guessed: text or a BigInt with its scale for the decimal, and the nanoseconds kept.
# Seen: 9999999999999999.98: 10000000000000000 ; 82000.123456789012345678: 82000.123456789 ; 9007199254740993: exact ; ns: .123Z
# Version: hyparquet 1.31.5, @duckdb/node-api 1.5.6-r.1 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts hyparquet@1.31.5 @duckdb/node-api@1.5.6-r.1 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
const base = await (await DuckDBInstance.create(':memory:')).connect();
await base.run("COPY (SELECT 9999999999999999.98::DECIMAL(18, 2) AS balance, 82000.123456789012345678::DECIMAL(38, 18) AS price, "
  + "9007199254740993::BIGINT AS id, TIMESTAMP_NS '2026-01-30 00:00:00.123456789' AS time) TO 't.parquet' (FORMAT parquet)");
const [row] = await parquetReadObjects({ file: await asyncBufferFromFile('t.parquet') });
const shown = `9999999999999999.98: ${row.balance} ; 82000.123456789012345678: ${row.price} ; `
  + `9007199254740993: ${row.id === 9007199254740993n ? 'exact' : 'rounded'} ; ns: ${row.time.toISOString().slice(19)}`;
console.log(shown);
assert.equal(shown, '9999999999999999.98: 10000000000000000 ; 82000.123456789012345678: 82000.123456789 ; '
  + '9007199254740993: exact ; ns: .123Z');
END
node t.mjs
