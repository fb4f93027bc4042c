#!/bin/sh
# @gmx-io/sdk 1.4.0: two functions of one file, with the same arguments, state what a position pays an hour with opposite signs.
# Funding that is paid is negative, borrowing that is paid is positive. A desk that adds the two for the cost of carry of a long
# finds 6 dollars an hour where it pays 30.
# Guessed: one sign for both, negative for what is paid.
# Seen: long of 100,000 dollars, an hour: funding -18.00 borrowing 12.00 ; sum -6.00, paid 30.00
# Version: @gmx-io/sdk 1.4.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @gmx-io/sdk@1.4.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const fees = require('@gmx-io/sdk/utils/fees/index');
const dollar = 10n ** 30n; // Dollars and factors have 30 decimals.
const market = { longsPayShorts: true, fundingFactorPerSecond: 5n * 10n ** 22n, borrowingFactorPerSecondForShorts: 0n,
  borrowingFactorPerSecondForLongs: 10n ** 23n / 3n, longInterestUsd: 100n * dollar, shortInterestUsd: 100n * dollar };
const hourly = (rate) => Number(rate(market, true, 100000n * dollar, 3600) / 10n ** 26n) / 1e4;
const funding = hourly(fees.getFundingFeeRateUsd), borrowing = hourly(fees.getBorrowingFeeRateUsd);
const shown = `funding ${funding.toFixed(2)} borrowing ${borrowing.toFixed(2)} ; sum ${(funding + borrowing).toFixed(2)}, ` +
  `paid ${(Math.abs(funding) + Math.abs(borrowing)).toFixed(2)}`;
console.log('long of 100,000 dollars, an hour:', shown);
assert.equal(shown, 'funding -18.00 borrowing 12.00 ; sum -6.00, paid 30.00');
END
node t.cjs
