#!/bin/sh
# @gainsnetwork/sdk 1.8.7: getPnl has an argument useFees, "Whether to include fees". With false it leaves out the borrowing fee alone
# and takes the closing fee off all the same: 1,000 dollars of position that are up 5 % have won 49.40, and one opened and
# closed at one price has lost. A gross result that is netted later pays the fee twice.
# Guessed: none before the run: its source told it. By the argument's comment one would say 50, 0 and -50.
# Seen: up 5 %: 49.40 ; unchanged: -0.60 ; down 5 %: -50.60
# Version: @gainsnetwork/sdk 1.8.7 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @gainsnetwork/sdk@1.8.7 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { getPnl } = require('@gainsnetwork/sdk');
const trade = { user: '0x0000000000000000000000000000000000000001', pairIndex: 0, collateralIndex: 3, long: true, openPrice: 82000,
  collateralAmount: 100, leverage: 10 };
const context = { collateralPriceUsd: 1, fee: { totalPositionSizeFeeP: 0.0006, minPositionSizeUsd: 0 }, traderFeeMultiplier: 1 };
const gross = (price) => getPnl(price, trade, {}, {}, undefined, false, context)[0].toFixed(2);
const shown = [86100, 82000, 77900].map(gross);
console.log(`up 5 %: ${shown[0]} ; unchanged: ${shown[1]} ; down 5 %: ${shown[2]}`);
assert.deepEqual(shown, ['49.40', '-0.60', '-50.60']);
END
node t.cjs
