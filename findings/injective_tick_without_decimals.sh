#!/bin/sh
# @injectivelabs/utils 1.20.50: getExactDecimalsFromNumber counts the digits behind the point in the text of the number. A tick of
# 0.0000001, as a cheap coin has, is written 1e-7 and has no point: 0 decimals, where 0.000001 has 6. A price rounded to them
# is 0, or 1. Its neighbour getSignificantDecimalsFromNumber says 7.
# Guessed: 7 from both.
# Seen: 0.000001: 6 6 ; 1e-7: 0 7 ; 1.5e-7: 4 8 ; price 0.0000042 at a tick of 1e-7: 0
# Version: @injectivelabs/utils 1.20.50 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @injectivelabs/utils@1.20.50 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { getExactDecimalsFromNumber: exact, getSignificantDecimalsFromNumber: significant } = require('@injectivelabs/utils');
const both = (tick) => `${tick}: ${exact(tick)} ${significant(tick)}`, price = Number((0.0000042).toFixed(exact(0.0000001)));
const shown = [0.000001, 0.0000001, 0.00000015].map(both).join(' ; ');
console.log(shown, '; price 0.0000042 at a tick of 1e-7:', price);
assert.equal(shown, '0.000001: 6 6 ; 1e-7: 0 7 ; 1.5e-7: 4 8');
assert.equal(price, 0);
END
node t.cjs
