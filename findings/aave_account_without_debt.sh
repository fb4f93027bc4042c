#!/bin/sh
# @aave/math-utils 1.38.0: the health factor of an account without debt is -1. The protocol liquidates below 1 and itself has the
# largest number there is for such an account: by the library's figure the accounts that owe nothing head the list of those
# to be liquidated, before one that owes 160 on 100.
# Guessed: Infinity, or the protocol's 2^256 - 1.
# Seen: no debt -1 ; one dollar of debt 80 ; 160 of debt on 100 0.5 ; below one: no debt, 160 of debt on 100
# Version: @aave/math-utils 1.38.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @aave/math-utils@1.38.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { calculateHealthFactorFromBalances } = require('@aave/math-utils');
const factor = (debt) => Number(calculateHealthFactorFromBalances({ collateralBalanceMarketReferenceCurrency: 100,
  borrowBalanceMarketReferenceCurrency: debt, currentLiquidationThreshold: 8000 }));
const accounts = { 'no debt': factor(0), 'one dollar of debt': factor(1), '160 of debt on 100': factor(160) };
const below = Object.keys(accounts).filter((name) => accounts[name] < 1);
console.log(Object.entries(accounts).map(([name, value]) => `${name} ${value}`).join(' ; '), '; below one:', below.join(', '));
assert.deepEqual(Object.values(accounts), [-1, 80, 0.5]);
assert.deepEqual(below, ['no debt', '160 of debt on 100']);
END
node t.cjs
