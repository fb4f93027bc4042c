#!/bin/sh
# npm's implied-volatility 1.0.0: a call quoted at its intrinsic value has no volatility in its price (0, or none at all),
# but comes back as 0.1, where the search begins: a surface then holds 10 % that nobody quoted.
# Guessed: something unusable, since the search ends after 100 steps; not a round 10 % that looks like a quote.
# Seen: call 60 at strike 40 over 100: 0.1
# Version: implied-volatility 1.0.0 from npm, on Node.js 20.20.2
# Date: 29 and 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts implied-volatility@1.0.0 >/dev/null
node -e "
const { getImpliedVolatility } = require('implied-volatility');
const found = getImpliedVolatility(60, 100, 40, 1, 0, 'call');
console.log('call 60 at strike 40 over 100:', found);
require('node:assert').equal(found, 0.1);"
