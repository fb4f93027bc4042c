#!/bin/sh
# openbroker 1.13.0 (Hyperliquid): roundSize rounds to the nearest, half of the time up. Of 0.00018 BTC to close it orders 0.0002, a
# tenth more than there is: what is meant to close a long opens a short. And a sale of 10 contracts in four equal levels, of whole
# contracts, is four times 3, 12 in all.
# Guessed: down, to what is there: 0.0001, and 2 2 2 2.
# Seen: 0.00018: 0.0002 ; 10 in four: 3 3 3 3
# Version: openbroker 1.13.0 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts openbroker@1.13.0 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { calculateLevels, roundSize } from 'openbroker';
const levels = calculateLevels(100, false, 10, 4, 1, 'flat').map(({ size }) => roundSize(size, 0)).join(' ');
const shown = `0.00018: ${roundSize(0.00018, 4)} ; 10 in four: ${levels}`;
console.log(shown);
assert.equal(shown, '0.00018: 0.0002 ; 10 in four: 3 3 3 3');
END
node t.mjs
