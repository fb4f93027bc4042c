#!/bin/sh
# @synthetixio/wei 2.74.4: a comparison or a sum cuts the second number to the decimals of the first. Of one USDC (6 decimals) and a
# margin of 1.0000001 (18 decimals) the first is not less than the second, though the second is greater than the first; they
# are equal one way and not the other, and their sum depends on the order. A margin check passes or fails by how it is written.
# Guessed: less and greater, not equal, and 2.0000001 both ways.
# Seen: held < asked false ; asked > held true ; held = asked true ; asked = held false ; sums 2.000000 and 2.000000100000000000
# Version: @synthetixio/wei 2.74.4 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @synthetixio/wei@2.74.4 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { wei } = require('@synthetixio/wei');
const held = wei('1', 6), asked = wei('1.0000001', 18);
const answers = [held.lt(asked), asked.gt(held), held.eq(asked), asked.eq(held)];
const sums = [held.add(asked).toString(), asked.add(held).toString()];
console.log('held < asked', answers[0], '; asked > held', answers[1], '; held = asked', answers[2], '; asked = held', answers[3],
  '; sums', sums.join(' and '));
assert.deepEqual(answers, [false, true, true, false]);
assert.deepEqual(sums, ['2.000000', '2.000000100000000000']);
END
node t.cjs
