#!/bin/sh
# pondjs 0.9.0: the median sorts its values as text, where 10 comes before 9; percentile of the same series sorts them as numbers. While
# all prices have as many digits they agree; where a coin passes 100,000 the median of five prices from 99,800 to 100,200 is the
# highest of them, and that of sizes is any of them.
# Guessed: 100000 and 5.5, as percentile(50).
# Seen: 99800 99900 100000 100100 100200: median 100200 percentile 100000 ; 1 to 10: median 4.5 percentile 5.5
# Version: pondjs 0.9.0, @babel/runtime 7.29.15 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts pondjs@0.9.0 @babel/runtime@7.29.15 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { TimeSeries } = require('pondjs');
const both = (values) => {
  const points = values.map((value, minute) => [1769720000000 + minute * 60000, value]);
  const series = new TimeSeries({ name: 'trades', columns: ['time', 'value'], points });
  return `median ${series.median('value')} percentile ${series.percentile(50, 'value')}`;
};
const prices = [99800, 99900, 100000, 100100, 100200];
const shown = `${prices.join(' ')}: ${both(prices)} ; 1 to 10: ${both([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])}`;
console.log(shown);
assert.equal(shown, '99800 99900 100000 100100 100200: median 100200 percentile 100000 ; 1 to 10: median 4.5 percentile 5.5');
END
node t.cjs
