#!/bin/sh
# @uqee/black-scholes 1.0.7: sigma() finds no volatility in its own prices when the underlying is dear. The README calls the
# bound of 0.001 an error of sigma; it is one of the price, which 21 halvings seldom reach on an underlying of 82,000, and
# a failed search returns 0. Near the money the surface of a BTC desk then stands at 0 %, and nothing says why.
# Guessed: 0.600 for every strike, in dollars as in thousands of dollars.
# Seen: at 82: 0.600 0.600 0.600 0.600 0.600 ; at 82000: 0.000 0.000 0.000 0.000 0.000
# Version: @uqee/black-scholes 1.0.7 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @uqee/black-scholes@1.0.7 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { BlackScholes } = require('@uqee/black-scholes');
const model = new BlackScholes();
const back = (unit) => [77.9, 80.36, 81.18, 82.82, 83.64].map((strike) => {
  const option = { underlying: 82 * unit, strike: strike * unit, time: 30 / 365, rate: 0, type: strike < 82 ? 'put' : 'call' };
  return Math.abs(model.sigma({ ...option, price: model.option({ ...option, sigma: 0.6 }).price })).toFixed(3);
}).join(' ');
const small = back(1), dear = back(1000);
console.log('at 82:', small, '; at 82000:', dear);
assert.equal(small, '0.600 0.600 0.600 0.600 0.600');
assert.equal(dear, '0.000 0.000 0.000 0.000 0.000');
END
node t.cjs
