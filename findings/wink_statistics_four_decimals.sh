#!/bin/sh
# wink-statistics 2.1.1: every streaming measure rounds what it hands out to four decimals, not digits. Funding rates are of the
# order of 1e-5: their mean and deviation are 0, and the slope of a perfect line against times in milliseconds is 0 beside an r
# squared of 1. How many decimals is an argument of result(); the README, which promises numerical stability, does not mention it.
# Guessed: the numbers themselves: a mean of 1.25e-5, a deviation, and a slope of 1 USD a minute.
# Seen: mean 0 deviation 0 slope 0 r2 1 ; with ten decimals 0.0000125 0.0000025 ; the slope with ten 0.0000166667
# Version: wink-statistics 2.1.1 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts wink-statistics@2.1.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { stdev, simpleLinearRegression } = require('wink-statistics').streaming;
const rates = [1e-5, 1.25e-5, 1.5e-5];
const spread = (...decimals) => {
  const measure = stdev();
  for (const rate of rates) measure.compute(rate);
  const { mean, stdev: deviation } = measure.result(...decimals);
  return [mean, deviation];
};
const line = (...decimals) => {
  const measure = simpleLinearRegression();
  for (let minute = 0; minute < 6; minute++) measure.compute(1769720000000 + minute * 60000, 82000 + minute);
  const { slope, r2 } = measure.result(...decimals);
  return [slope, r2];
};
const show = (number) => number.toFixed(10).replace(/\.?0+$/, '');
const plain = [...spread(), ...line()].map(show), fine = [...spread(10), line(10)[0]].map(show);
console.log(`mean ${plain[0]} deviation ${plain[1]} slope ${plain[2]} r2 ${plain[3]} ; with ten decimals ${fine[0]} ${fine[1]} ;`,
  `the slope with ten ${fine[2]}`);
assert.deepEqual(plain, ['0', '0', '0', '1']);
assert.deepEqual(fine, ['0.0000125', '0.0000025', '0.0000166667']);
END
node t.cjs
