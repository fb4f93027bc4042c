#!/bin/sh
# @blockworks-foundation/mango-v4 0.33.9: I80F48, in which balances, health and P&L are kept, rounds towards zero for floor and
# away from it for ceil. Below zero the two are exchanged: the floor of a debt of 1.5 is -1 and its ceil -2. A liability
# rounded "down", to be on the safe side, is half a coin too small.
# Guessed: -2 and -1.
# Seen: 1.5: floor 1 ceil 2 ; -1.5: floor -1 ceil -2
# Version: @blockworks-foundation/mango-v4 0.33.9, big.js 6.2.2, bn.js 5.2.2 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts big.js@6.2.2 bn.js@5.2.2 >/dev/null
npm pack --silent @blockworks-foundation/mango-v4@0.33.9 >/dev/null # Without what it needs to talk to a chain.
tar -xzf blockworks-foundation-mango-v4-0.33.9.tgz
cat > t.cjs <<'END'
const assert = require('node:assert');
const { I80F48 } = require('./package/dist/cjs/src/numbers/I80F48.js');
const both = (value) => {
  const number = I80F48.fromNumber(value);
  return `${value}: floor ${number.floor()} ceil ${number.ceil()}`;
};
const shown = `${both(1.5)} ; ${both(-1.5)}`;
console.log(shown);
assert.equal(shown, '1.5: floor 1 ceil 2 ; -1.5: floor -1 ceil -2');
END
node t.cjs
