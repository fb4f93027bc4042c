#!/bin/sh
# @agrora/decimal 0.2.1, of "arbitrary precision": without a scale a product or quotient has no more decimals than its factors had, and
# the rest is cut off. One twentieth, the margin of a position at 20 times leverage, is 0; a fee of 0.0004 on 1.5 contracts is right
# by luck (0.0006), one on 0.015 is 0.0000. The README has the scale as an optional argument and does not say what it is without.
# Guessed: 0.05, 0.0006 and 0.000006; and 0.333 to some scale for a third.
# Seen: 1/20 0 ; 1/3 0 ; 0.0004 x 1.5 0.0006 ; 0.0004 x 0.015 0.0000 ; with a scale of 6: 0.050000 0.000006
# Version: @agrora/decimal 0.2.1 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @agrora/decimal@0.2.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const Decimal = require('@agrora/decimal').default;
const share = (whole, parts, ...scale) => Decimal.from(whole).divide(parts, ...scale).toString();
const fee = (qty, ...scale) => Decimal.from('0.0004').multiply(qty, ...scale).toString();
const shown = `1/20 ${share('1', '20')} ; 1/3 ${share('1', '3')} ; 0.0004 x 1.5 ${fee('1.5')} ; 0.0004 x 0.015 ${fee('0.015')} ; `
  + `with a scale of 6: ${share('1', '20', 6)} ${fee('0.015', 6)}`;
console.log(shown);
assert.equal(shown, '1/20 0 ; 1/3 0 ; 0.0004 x 1.5 0.0006 ; 0.0004 x 0.015 0.0000 ; with a scale of 6: 0.050000 0.000006');
END
node t.cjs
