#!/bin/sh
# @drift-labs/sdk 2.156.0, BigNum, in which prices, balances and P&L are shown: toFixed(places, true), "rounded", takes the number of
# decimals for a number of digits from the front, counts a minus sign as one of them, and loses a digit where a carry makes the
# number longer. 82,345.67 to two decimals is 82,000.00; 9.999 is 1.00; a loss of 1.999 is one of 9.00. Without `true` the text is
# cut and right so far.
# Guessed: 82345.67, 10.00, -2.00 and -12.35 (or -12.34).
# Seen: 82345.670000: 82000.00 ; 9.999: 1.00 ; -1.999: -9.00 ; -12.345: -10.00 ; cut: 82345.67 9.99 -1.99 -12.34
# Version: @drift-labs/sdk 2.156.0, bn.js 5.2.2 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts bn.js@5.2.2 >/dev/null
npm pack --silent @drift-labs/sdk@2.156.0 >/dev/null; tar -xzf drift-labs-sdk-2.156.0.tgz
cat > t.cjs <<'END'
const assert = require('node:assert');
const Module = require('node:module');
const BN = require('bn.js'), load = Module._load;
const stand = { '@coral-xyz/anchor': { BN }, '@solana/web3.js': { LAMPORTS_PER_SOL: 1e9 } }; // All that BigNum needs of the chain.
Module._load = (name, ...rest) => stand[name] ?? load(name, ...rest);
require('./package/lib/node/constants/numericConstants.js'); // First, since the two files need each other.
const { BigNum } = require('./package/lib/node/factory/bigNum.js');
const numbers = [[82345670000, 6], [9999, 3], [-1999, 3], [-12345, 3]].map(([whole, places]) => BigNum.from(new BN(whole), new BN(places)));
const rounded = numbers.map((number) => `${number.print()}: ${number.toFixed(2, true)}`), cut = numbers.map((number) => number.toFixed(2));
console.log(rounded.join(' ; '), '; cut:', ...cut);
assert.deepEqual(rounded, ['82345.670000: 82000.00', '9.999: 1.00', '-1.999: -9.00', '-12.345: -10.00']);
assert.deepEqual(cut, ['82345.67', '9.99', '-1.99', '-12.34']);
END
node t.cjs
