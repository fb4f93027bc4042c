#!/bin/sh
# DuckDB 1.5.6: median and quantile_cont of a DECIMAL column stay in its scale and round down; of integers and doubles they
# do not. The median of two funding rates of 0.0001 and 0.0002 in four digits is 0.0001, and a loss quantile of a P&L in cents
# moves away from zero while a gain moves towards it. avg of the same column is a DOUBLE and exact.
# Guessed: 100.015, -100.015 and 0.00015, as for the same values as DOUBLE. (Its maintainers keep the type on purpose.)
# Seen: 100.01 -100.02 0.0001 ; avg 100.015 ; as DOUBLE 100.015
# Version: @duckdb/node-api 1.5.6-r.1 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @duckdb/node-api@1.5.6-r.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = await db.runAndReadAll(`select median(price), quantile_cont(-price, 0.5), median(rate), avg(price),
    median(price::double) from (values (100.01::decimal(10, 2), 0.0001::decimal(8, 4)), (100.02, 0.0002)) t(price, rate)`);
  const seen = rows.getRowsJson()[0];
  console.log(...seen.slice(0, 3), '; avg', seen[3], '; as DOUBLE', +seen[4].toFixed(6));
  assert.deepEqual(seen.slice(0, 3), ['100.01', '-100.02', '0.0001']);
  assert.ok(Math.abs(seen[3] - 100.015) < 1e-9 && Math.abs(seen[4] - 100.015) < 1e-9);
})();
END
node t.cjs
