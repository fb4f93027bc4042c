#!/bin/sh
# @hastom/fixed-point 1.0.3: a number below zero and above -1 is written with its sign behind the point when it has fewer digits than
# decimals: a fee of -0.05 is "0.-5", and NaN as a number, so that it is neither below zero nor above. -1.05 is right.
# Guessed: -0.05 both times.
# Seen: -0.05: 0.-5 NaN below zero? false ; 0.05: 0.05 0.05 ; -1.05: -1.05 -1.05
# Version: @hastom/fixed-point 1.0.3 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @hastom/fixed-point@1.0.3 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { FixedPoint } = require('@hastom/fixed-point');
const both = (number) => {
  const fixed = FixedPoint.fromDecimal(number, 2n);
  return `${number}: ${fixed.toDecimalString()} ${fixed.toDecimal()}`;
};
const fee = FixedPoint.fromDecimal(-0.05, 2n);
const shown = `${both(-0.05)} below zero? ${fee < 0} ; ${both(0.05)} ; ${both(-1.05)}`;
console.log(shown);
assert.equal(shown, '-0.05: 0.-5 NaN below zero? false ; 0.05: 0.05 0.05 ; -1.05: -1.05 -1.05');
END
node t.cjs
