#!/bin/sh
# Two libraries for exact amounts pad a number with zeros and its sign with it. Of @hastom/fixed-point 1.0.3 a fee of -0.05 is "0.-5", and
# NaN as a number, neither below zero nor above. Of npm's decimal 0.0.2, 1 less 1.0001 is "0.00-1" and a loss of 0.001 three times is
# "0.0-3". Losses of 1 and more are right in both, and so is -0.05 plus 0.1.
# Guessed: -0.05, -0.0001 and -0.003.
# Seen: fixed-point -0.05: 0.-5 NaN below zero? false -1.05: -1.05 ; decimal 1 - 1.0001: 0.00-1 -0.001 * 3: 0.0-3 -1.5 - 0.25: -1.75
# Version: @hastom/fixed-point 1.0.3, decimal 0.0.2 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @hastom/fixed-point@1.0.3 decimal@0.0.2 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { FixedPoint } = require('@hastom/fixed-point');
const decimal = require('decimal');
const fee = FixedPoint.fromDecimal(-0.05, 2n), whole = FixedPoint.fromDecimal(-1.05, 2n);
const shown = `fixed-point -0.05: ${fee.toDecimalString()} ${fee.toDecimal()} below zero? ${fee < 0} -1.05: ${whole.toDecimalString()} ; `
  + `decimal 1 - 1.0001: ${decimal('1').sub('1.0001')} -0.001 * 3: ${decimal('-0.001').mul('3')} `
  + `-1.5 - 0.25: ${decimal('-1.5').sub('0.25')}`;
console.log(shown);
assert.equal(shown, 'fixed-point -0.05: 0.-5 NaN below zero? false -1.05: -1.05 ; '
  + 'decimal 1 - 1.0001: 0.00-1 -0.001 * 3: 0.0-3 -1.5 - 0.25: -1.75');
END
node t.cjs
