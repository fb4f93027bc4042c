#!/bin/sh
# npm's black-scholes 1.1.0: a call at the money that expires now has no price: NaN, where in and out of the money it
# is the intrinsic value. A book of options marked at 08:00 of its expiry day sums to NaN if the index sits on a strike.
# Guessed: 0, the intrinsic value, as on both sides of it.
# Seen: 110: 10, 100: NaN, 90: 0
# Version: black-scholes 1.1.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts black-scholes@1.1.0 >/dev/null
node -e "
const { blackScholes } = require('black-scholes');
const at = (spot) => blackScholes(spot, 100, 0, 0.5, 0.03, 'call');
console.log([110, 100, 90].map((spot) => spot + ': ' + at(spot)).join(', '));
const assert = require('node:assert');
assert.equal(at(110), 10); assert.ok(Number.isNaN(at(100))); assert.equal(at(90), 0);"
