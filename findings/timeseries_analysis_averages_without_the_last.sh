#!/bin/sh
# timeseries-analysis 1.0.12: ma leaves out the bar it stands on, and lwma gives the largest weight to the OLDEST bar of its window, so
# that the average made to lag less lags most: on prices that rise by 1 a bar, over three, it is 2.33 behind. The first three
# bars of both are the prices themselves, as if they were averages. A crossing of price and average comes a bar late.
# Guessed: for 1 to 6 over three bars 2 3 4 5 from the third bar on, and 2.33 3.33 4.33 5.33 (weights 1, 2, 3 with the newest last).
# Seen: ma 1 2 3 2.00 3.00 4.00 ; lwma 1 2 3 1.67 2.67 3.67
# Version: timeseries-analysis 1.0.12 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts timeseries-analysis@1.0.12 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const timeseries = require('timeseries-analysis');
const average = (kind) => {
  const series = new timeseries.main(timeseries.adapter.fromArray([1, 2, 3, 4, 5, 6]));
  series[kind]({ period: 3 });
  return series.output().map(([, value], bar) => value.toFixed(bar < 3 ? 0 : 2)).join(' ');
};
const shown = `ma ${average('ma')} ; lwma ${average('lwma')}`;
console.log(shown);
assert.equal(shown, 'ma 1 2 3 2.00 3.00 4.00 ; lwma 1 2 3 1.67 2.67 3.67');
END
node t.cjs
