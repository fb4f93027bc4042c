#!/bin/sh
# simple-statistics 7.12.1: cumulativeStdNormalProbability reads a table of four digits that ends at 3.09 deviations. Every move
# beyond is 1 in 1,000 (4.5 deviations are 1 in 294,000), and near the middle it goes in steps of 0.4 %. A put on BTC 25 % below
# the market with three days to run has a price of -20.50 dollars: both its tails are 0.001. probit of the same library knows
# the tail.
# Guessed: 0.0000034 at -4.5, and next to nothing for the put.
# Seen: at -4.5: 0.001 ; at -8: 0.001 ; at 0.004 and 0.0051: 0.5 0.504 ; put of 61500 at 82000: -20.50 ; probit(0.0000034) -4.49
# Version: simple-statistics 7.12.1 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts simple-statistics@7.12.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { cumulativeStdNormalProbability: below, probit } = require('simple-statistics');
const put = (spot, strike, years, volatility) => { // Black-Scholes without a rate.
  const spread = volatility * Math.sqrt(years), first = (Math.log(spot / strike) + spread * spread / 2) / spread;
  return strike * below(spread - first) - spot * below(-first);
};
const price = put(82000, 61500, 3 / 365, 0.6).toFixed(2);
console.log('at -4.5:', below(-4.5), '; at -8:', below(-8), '; at 0.004 and 0.0051:', below(0.004), below(0.0051),
  '; put of 61500 at 82000:', price, '; probit(0.0000034)', probit(0.0000034).toFixed(2));
assert.deepEqual([-4.5, -8, 0.004, 0.0051].map(below), [0.001, 0.001, 0.5, 0.504]);
assert.equal(price, '-20.50');
END
node t.cjs
